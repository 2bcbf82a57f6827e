(if_statement) @decision @structure
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

(if_statement "then"
  [
    (command) (list) (pipeline) (redirected_statement) (variable_assignment) (declaration_command) (negated_command)
    (if_statement) (for_statement) (c_style_for_statement) (while_statement) (case_statement) (test_command)
    (compound_statement) (subshell) (function_definition)
  ] @block)
(elif_clause "then"
  [
    (command) (list) (pipeline) (redirected_statement) (variable_assignment) (declaration_command) (negated_command)
    (if_statement) (for_statement) (c_style_for_statement) (while_statement) (case_statement) (test_command)
    (compound_statement) (subshell) (function_definition)
  ] @block)
(else_clause
  [
    (command) (list) (pipeline) (redirected_statement) (variable_assignment) (declaration_command) (negated_command)
    (if_statement) (for_statement) (c_style_for_statement) (while_statement) (case_statement) (test_command)
    (compound_statement) (subshell) (function_definition)
  ] @block)
(do_group) @block
