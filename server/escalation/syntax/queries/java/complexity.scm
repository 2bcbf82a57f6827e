(if_statement) @decision @structure
(for_statement) @decision @structure
(enhanced_for_statement) @decision @structure
(while_statement) @decision @structure
(do_statement) @decision @structure
(catch_clause) @decision @structure
(ternary_expression) @decision @structure @level
(switch_expression) @structure
(switch_label "case") @decision

(if_statement "else" @hybrid)
(if_statement alternative: (if_statement) @elseif)
(break_statement (identifier)) @hybrid
(continue_statement (identifier)) @hybrid

(binary_expression operator: ["&&" "||"] @operator) @boolean

(if_statement consequence: (_) @block)
(if_statement alternative: (_) @block)
(for_statement body: (_) @block)
(enhanced_for_statement body: (_) @block)
(while_statement body: (_) @block)
(do_statement body: (_) @block)
(catch_clause body: (_) @block)
(switch_block) @block
