(abstract_class_declaration name: (_) @name body: (_) @body) @class

(public_field_definition
  name: (_) @binding
  value: [(arrow_function) (function_expression) (generator_function) (class)])
