[
  (function_declaration name: (_) @name parameters: (_) @parameters body: (_) @body)
  (generator_function_declaration name: (_) @name parameters: (_) @parameters body: (_) @body)
  (function_expression parameters: (_) @parameters body: (_) @body)
  (generator_function parameters: (_) @parameters body: (_) @body)
  (method_definition name: (_) @name parameters: (_) @parameters body: (_) @body)
  (arrow_function parameters: (_) @parameters body: (_) @body)
  (arrow_function parameter: (_) @parameter body: (_) @body)
] @function
(function_expression name: (_) @name)
(generator_function name: (_) @name)

(class_declaration name: (_) @name body: (_) @body) @class
(class body: (_) @body) @class
(class name: (_) @name)

; What has no name of its own goes by what it is bound to.
(variable_declarator
  name: (identifier) @binding
  value: [(arrow_function) (function_expression) (generator_function) (class)])
(assignment_expression
  left: [(identifier) @binding (member_expression property: (_) @binding)]
  right: [(arrow_function) (function_expression) (generator_function) (class)])
(pair
  key: [(property_identifier) @binding (private_property_identifier) @binding (string (string_fragment) @binding)]
  value: [(arrow_function) (function_expression) (generator_function) (class)])
