[
  (function_definition name: (_) @name parameters: (_) @parameters body: (_) @body)
  (method_declaration name: (_) @name parameters: (_) @parameters body: (_) @body)
  (anonymous_function parameters: (_) @parameters body: (_) @body)
  (arrow_function parameters: (_) @parameters body: (_) @body)
] @function

[
  (class_declaration name: (_) @name body: (_) @body)
  (interface_declaration name: (_) @name body: (_) @body)
  (trait_declaration name: (_) @name body: (_) @body)
  (enum_declaration name: (_) @name body: (_) @body)
] @class
(anonymous_class body: (_) @body) @scope

(assignment_expression
  left: [(variable_name (name) @binding) (member_access_expression name: (name) @binding)]
  right: [(anonymous_function) (arrow_function)])
(array_element_initializer (string (string_content) @binding) . [(anonymous_function) (arrow_function)])
