(if_statement) @decision @structure
(for_statement) @decision @structure
(for_in_statement) @decision @structure
(while_statement) @decision @structure
(do_statement) @decision @structure
(catch_clause) @decision @structure
(ternary_expression) @decision @structure @level
(switch_statement) @structure
(switch_case) @decision

(else_clause) @hybrid
(else_clause (if_statement) @elseif)
(break_statement label: (_)) @hybrid
(continue_statement label: (_)) @hybrid

(binary_expression operator: ["&&" "||"] @operator) @boolean
; Shorthand for a null check: cognitive complexity ignores it.
(binary_expression operator: "??") @decision
(augmented_assignment_expression operator: ["&&=" "||=" "??="]) @decision

(if_statement consequence: (_) @block)
(else_clause (_) @block)
(for_statement body: (_) @block)
(for_in_statement body: (_) @block)
(while_statement body: (_) @block)
(do_statement body: (_) @block)
(catch_clause body: (_) @block)
(switch_body) @block

; A function that only declares others, as modules were written before there were modules, is no level of its own.
[(function_declaration) (function_expression) (arrow_function)] @declarative
