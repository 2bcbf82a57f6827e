(if_statement) @decision @structure
(for_statement) @decision @structure
(while_statement) @decision @structure
(for_range_loop) @decision @structure
(catch_clause) @decision @structure
(do_statement) @decision @structure
(conditional_expression) @decision @structure @level
(seh_except_clause) @decision @structure
(switch_statement) @structure
(case_statement "case") @decision

(else_clause) @hybrid
(else_clause (if_statement) @elseif)
(goto_statement) @hybrid

(binary_expression operator: ["&&" "||" "and" "or"] @operator) @boolean

; Conditional compilation inside a function is part of what a reader must follow.
(preproc_if) @decision @structure @level
(preproc_ifdef) @decision @structure @level
(preproc_elif) @decision @hybrid
(preproc_elifdef) @decision @hybrid
(preproc_else) @hybrid
(preproc_if condition: (_) @opaque)
(preproc_elif condition: (_) @opaque)

(if_statement consequence: (_) @block)
(else_clause (_) @block)
(for_statement body: (_) @block)
(while_statement body: (_) @block)
(for_range_loop body: (_) @block)
(catch_clause body: (_) @block)
(do_statement body: (_) @block)
(seh_except_clause body: (_) @block)
(switch_statement body: (_) @block)
