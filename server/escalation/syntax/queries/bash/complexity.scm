; An if has no node for its body. A pattern for each command in it would stay open for every if around it, and nested ifs
; would cost quadratic time.
(if_statement) @decision @structure @inside
(elif_clause) @decision @hybrid
(else_clause) @hybrid
(for_statement) @decision @structure
(c_style_for_statement) @decision @structure
(while_statement) @decision @structure
(case_statement) @structure
(case_item) @decision @block
((case_item value: (_) @_pattern) @uncounted (#eq? @_pattern "*"))
(ternary_expression) @decision @structure @level

(list ["&&" "||"] @operator) @boolean
(binary_expression operator: ["&&" "||"] @operator) @boolean

(do_group) @block
