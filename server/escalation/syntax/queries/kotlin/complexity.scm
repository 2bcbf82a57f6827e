(if_expression) @decision @structure
(for_statement) @decision @structure
(while_statement) @decision @structure
(do_while_statement) @decision @structure
(catch_block) @decision @structure
(when_expression) @structure
(when_entry) @decision @block
(when_entry . "else") @uncounted

(if_expression "else" @hybrid)
(if_expression "else" . (if_expression) @elseif)
((labeled_expression . (label) @_label) @hybrid (#match? @_label "^(break|continue)@"))

(binary_expression operator: ["&&" "||"] @operator) @boolean
; Shorthand for a null check: cognitive complexity ignores it.
(binary_expression operator: "?:") @decision

(if_expression ")" . (_) @block)
(if_expression "else" . (_) @block)
(for_statement ")" . (_) @block)
(while_statement ")" . (_) @block)
(do_while_statement "do" . (_) @block)
(catch_block (block) @block)
