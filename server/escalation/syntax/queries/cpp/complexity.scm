(for_range_loop) @decision @structure
(catch_clause) @decision @structure

(binary_expression operator: ["and" "or"] @operator) @boolean

(for_range_loop body: (_) @block)
(catch_clause body: (_) @block)
