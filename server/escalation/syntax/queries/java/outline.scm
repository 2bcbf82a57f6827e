[
  (method_declaration name: (_) @name parameters: (_) @parameters body: (_) @body)
  (constructor_declaration name: (_) @name parameters: (_) @parameters body: (_) @body)
  (compact_constructor_declaration name: (_) @name body: (_) @body)
  (lambda_expression parameters: [(identifier) @parameter (formal_parameters) @parameters (inferred_parameters) @parameters] body: (_) @body)
] @function

[
  (class_declaration name: (_) @name body: (_) @body)
  (interface_declaration name: (_) @name body: (_) @body)
  (enum_declaration name: (_) @name body: (_) @body)
  (record_declaration name: (_) @name body: (_) @body)
  (annotation_type_declaration name: (_) @name body: (_) @body)
] @class

; An anonymous class names its methods by the type it is made from.
(object_creation_expression type: (_) (class_body) @body) @scope
(object_creation_expression
  type: [(type_identifier) @name (generic_type . (type_identifier) @name) (scoped_type_identifier (type_identifier) @name .)]
  (class_body))
(enum_constant name: (_) @name body: (_) @body) @scope

(variable_declarator name: (identifier) @binding value: (lambda_expression))
(assignment_expression
  left: [(identifier) @binding (field_access field: (identifier) @binding)]
  right: (lambda_expression))
