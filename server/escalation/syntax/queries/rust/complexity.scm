(if_expression) @decision @structure
(let_declaration alternative: (_) @block) @decision @structure
(for_expression) @decision @structure
(while_expression) @decision @structure
; An endless loop decides nothing.
(loop_expression) @structure
(match_expression) @structure
; The last arm is the way out, as a default is.
(match_arm) @decision
(match_expression body: (match_block (match_arm))) @credit

(else_clause) @hybrid
(else_clause (if_expression) @elseif)
(break_expression (label)) @hybrid
(continue_expression (label)) @hybrid

(binary_expression operator: ["&&" "||"] @operator) @boolean
(let_chain) @hybrid
(let_chain "&&" @decision)

(if_expression consequence: (_) @block)
(else_clause (_) @block)
(for_expression body: (_) @block)
(while_expression body: (_) @block)
(loop_expression body: (_) @block)
(match_block) @block
