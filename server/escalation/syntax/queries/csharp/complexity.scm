(if_statement) @decision @structure
(for_statement) @decision @structure
(foreach_statement) @decision @structure
(while_statement) @decision @structure
(do_statement) @decision @structure
(catch_clause) @decision @structure
(conditional_expression) @decision @structure @level
(switch_statement) @structure
(switch_section "case") @decision
(switch_expression) @structure
(switch_expression_arm) @decision
(switch_expression_arm . (discard) . (_) .) @uncounted

(if_statement "else" @hybrid)
(if_statement alternative: (if_statement) @elseif)
(goto_statement) @hybrid

(binary_expression operator: ["&&" "||"] @operator) @boolean
(and_pattern operator: _ @operator) @boolean
(or_pattern operator: _ @operator) @boolean
; Shorthand for a null check: cognitive complexity ignores it.
(binary_expression operator: "??") @decision
(assignment_expression operator: "??=") @decision

(if_statement consequence: (_) @block)
(if_statement alternative: (_) @block)
(for_statement body: (_) @block)
(foreach_statement body: (_) @block)
(while_statement body: (_) @block)
(do_statement body: (_) @block)
(catch_clause body: (_) @block)
(switch_body) @block
(switch_expression_arm) @block
