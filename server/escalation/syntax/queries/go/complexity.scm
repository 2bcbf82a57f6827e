(if_statement) @decision @structure
(for_statement) @decision @structure
(expression_switch_statement) @structure
(type_switch_statement) @structure
(select_statement) @structure
[(expression_case) (type_case) (communication_case)] @decision

(if_statement "else" @hybrid)
(if_statement alternative: (if_statement) @elseif)
(break_statement (label_name)) @hybrid
(continue_statement (label_name)) @hybrid
(goto_statement) @hybrid

(binary_expression operator: ["&&" "||"] @operator) @boolean

(if_statement consequence: (_) @block)
(if_statement alternative: (_) @block)
(for_statement body: (_) @block)
[(expression_case) (type_case) (communication_case) (default_case)] @block
