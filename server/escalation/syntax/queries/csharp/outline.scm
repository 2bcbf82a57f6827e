[
  (method_declaration name: (_) @name parameters: (_) @parameters body: (_) @body)
  (constructor_declaration name: (_) @name parameters: (_) @parameters body: (_) @body)
  (destructor_declaration name: (_) @name body: (_) @body)
  (operator_declaration operator: _ @name parameters: (_) @parameters body: (_) @body)
  (conversion_operator_declaration type: (_) @name parameters: (_) @parameters body: (_) @body)
  (local_function_statement name: (_) @name parameters: (_) @parameters body: (_) @body)
  (lambda_expression parameters: [(implicit_parameter) @parameter (parameter_list) @parameters] body: (_) @body)
  (anonymous_method_expression (block) @body)
  (accessor_declaration name: _ @name body: (_) @body)
  (property_declaration name: (_) @name value: (arrow_expression_clause) @body)
  (indexer_declaration "this" @name parameters: (_) @parameters value: (arrow_expression_clause) @body)
] @function
(anonymous_method_expression parameters: (_) @parameters)

; Accessors go by what they belong to: `Account.Balance.get`.
(property_declaration name: (_) @name accessors: (_) @body) @scope
(indexer_declaration "this" @name accessors: (_) @body) @scope
(event_declaration name: (_) @name accessors: (_) @body) @scope

(class_declaration name: (_) @name) @class
(struct_declaration name: (_) @name) @class
(record_declaration name: (_) @name) @class
(interface_declaration name: (_) @name) @class
(class_declaration body: (_) @body)
(struct_declaration body: (_) @body)
(record_declaration body: (_) @body)
(interface_declaration body: (_) @body)
(enum_declaration name: (_) @name) @class

(variable_declarator name: (identifier) @binding [(lambda_expression) (anonymous_method_expression)])
(assignment_expression
  left: [(identifier) @binding (member_access_expression name: (identifier) @binding)]
  right: [(lambda_expression) (anonymous_method_expression)])
