(if_statement) @decision @structure
(else_if_clause) @decision @hybrid
(for_statement) @decision @structure
(foreach_statement) @decision @structure
(while_statement) @decision @structure
(do_statement) @decision @structure
(catch_clause) @decision @structure
(conditional_expression) @decision @structure @level
(switch_statement) @structure
(case_statement) @decision
(match_expression) @structure
(match_conditional_expression) @decision

(else_clause) @hybrid
(else_clause body: (if_statement) @elseif)
(break_statement (integer)) @hybrid
(continue_statement (integer)) @hybrid
(goto_statement) @hybrid

(binary_expression operator: ["&&" "||" "and" "or"] @operator) @boolean
; Shorthand for a null check: cognitive complexity ignores it.
(binary_expression operator: "??") @decision
(augmented_assignment_expression operator: "??=") @decision

(if_statement body: (_) @block)
(else_if_clause body: (_) @block)
(else_clause body: (_) @block)
(for_statement body: (_) @block)
(foreach_statement body: (_) @block)
(while_statement body: (_) @block)
(do_statement body: (_) @block)
(catch_clause body: (_) @block)
(switch_block) @block
(match_block) @block
