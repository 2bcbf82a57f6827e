(field_definition
  property: (_) @binding
  value: [(arrow_function) (function_expression) (generator_function) (class)])
