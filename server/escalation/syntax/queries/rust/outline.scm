[
  (function_item name: (_) @name parameters: (_) @parameters body: (_) @body)
  (closure_expression parameters: (_) @parameters body: (_) @body)
] @function

(impl_item body: (_) @body) @scope
(impl_item
  type: [
    (type_identifier) @name
    (generic_type type: [(type_identifier) @name (scoped_type_identifier name: (_) @name)])
    (scoped_type_identifier name: (_) @name)
    (primitive_type) @name
    (reference_type type: (_) @name)
    (tuple_type) @name
    (array_type) @name
    (dynamic_type) @name
  ]
  body: (_))

(trait_item name: (_) @name body: (_) @body) @class
(struct_item name: (_) @name) @class
(enum_item name: (_) @name) @class
(union_item name: (_) @name) @class

(let_declaration pattern: (identifier) @binding value: (closure_expression))
(const_item name: (_) @binding value: (closure_expression))
(static_item name: (_) @binding value: (closure_expression))
(assignment_expression
  left: [(identifier) @binding (field_expression field: (_) @binding)]
  right: (closure_expression))
(field_initializer field: (_) @binding value: (closure_expression))
