; Beside C's, whose names are plain identifiers.
(function_definition
  declarator: [
    (function_declarator
      declarator: [(field_identifier) (qualified_identifier) (destructor_name) (operator_name) (template_function)] @name
      parameters: (_) @parameters)
    (pointer_declarator declarator: (function_declarator
      declarator: [(field_identifier) (qualified_identifier) (destructor_name) (operator_name) (template_function)] @name
      parameters: (_) @parameters))
    (pointer_declarator declarator: (pointer_declarator declarator: (function_declarator
      declarator: [(field_identifier) (qualified_identifier) (destructor_name) (operator_name) (template_function)] @name
      parameters: (_) @parameters)))
    (reference_declarator (function_declarator
      declarator: [
        (identifier) (field_identifier) (qualified_identifier) (destructor_name) (operator_name) (template_function)
      ] @name
      parameters: (_) @parameters))
    (operator_cast "operator" @name)
  ]
  body: (_))

(lambda_expression body: (_) @body) @function
(lambda_expression declarator: (abstract_function_declarator parameters: (_) @parameters))

(class_specifier name: (_) @name body: (_) @body) @class

(init_declarator declarator: (identifier) @binding value: (lambda_expression))
(field_declaration declarator: (field_identifier) @binding default_value: (lambda_expression))
(assignment_expression
  left: [(identifier) @binding (field_expression field: (_) @binding)]
  right: (lambda_expression))
