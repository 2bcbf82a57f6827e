[
  (function_declaration name: (_) @name (function_body) @body)
  (secondary_constructor "constructor" @name (block) @body)
  (getter "get" @name (function_body) @body)
  (setter "set" @name (function_body) @body)
  (anonymous_function (function_body) @body)
  (lambda_literal "{" @body)
] @function
(function_value_parameters (parameter) @parameter)
(setter . "set" "(" . (identifier) @parameter)
(lambda_literal (lambda_parameters) @parameters)

; Accessors go by what they belong to: `Account.balance.get`.
(property_declaration (variable_declaration . (identifier) @name) [(getter) (setter)] @body) @scope

(class_declaration name: (_) @name) @class
(object_declaration name: (_) @name) @class
(class_declaration [(class_body) (enum_class_body)] @body)
(object_declaration (class_body) @body)
(object_literal (class_body) @body) @scope
(object_literal (delegation_specifiers . (delegation_specifier [(user_type) @name (constructor_invocation (user_type) @name)])))

(property_declaration (variable_declaration . (identifier) @binding) . [(lambda_literal) (anonymous_function)])
(assignment left: [(identifier) @binding (navigation_expression (identifier) @binding .)] right: [(lambda_literal) (anonymous_function)])
