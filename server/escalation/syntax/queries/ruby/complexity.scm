(if) @decision @structure
(unless) @decision @structure
(elsif) @decision @hybrid
(if_modifier) @decision @structure
(unless_modifier) @decision @structure
(while) @decision @structure
(until) @decision @structure
(for) @decision @structure
(while_modifier) @decision @structure
(until_modifier) @decision @structure
(rescue) @decision @structure
(rescue_modifier) @decision @structure
(conditional) @decision @structure @level
(case) @structure
(when) @decision
(case_match) @structure
(in_clause) @decision

(if alternative: (else) @hybrid @block)
(unless alternative: (else) @hybrid @block)
(elsif alternative: (else) @hybrid @block)
(begin (else) @hybrid @block)
(body_statement (else) @hybrid @block)

(binary operator: ["&&" "||" "and" "or"] @operator) @boolean
(operator_assignment operator: ["&&=" "||="]) @decision

(if consequence: (_) @block)
(unless consequence: (_) @block)
(elsif consequence: (_) @block)
(if_modifier body: (_) @block)
(unless_modifier body: (_) @block)
(while body: (_) @block)
(until body: (_) @block)
(for body: (_) @block)
(while_modifier body: (_) @block)
(until_modifier body: (_) @block)
(rescue body: (_) @block)
(when body: (_) @block)
(case (else) @block)
(in_clause body: (_) @block)
(case_match (else) @block)
(call block: (_) @block)
