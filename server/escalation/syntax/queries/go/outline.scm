[
  (function_declaration name: (_) @name body: (_) @body)
  (method_declaration name: (_) @name body: (_) @body)
  (func_literal body: (_) @body)
] @function

(method_declaration
  receiver: (parameter_list
    (parameter_declaration
      type: [
        (type_identifier) @receiver
        (generic_type type: (_) @receiver)
        (pointer_type [(type_identifier) @receiver (generic_type type: (_) @receiver)])
      ])))

; `a, b int` are two parameters, `int` alone is one.
(_ parameters: (parameter_list (parameter_declaration name: (_) @parameter)) body: (_))
(_ parameters: (parameter_list (parameter_declaration !name) @parameter) body: (_))
(_ parameters: (parameter_list (variadic_parameter_declaration) @parameter) body: (_))

(type_spec name: (_) @name type: [(struct_type) (interface_type)]) @class

(short_var_declaration left: (expression_list . (identifier) @binding .) right: (expression_list . (func_literal) .))
(var_spec name: (identifier) @binding value: (expression_list . (func_literal) .))
(assignment_statement
  left: (expression_list . [(identifier) @binding (selector_expression field: (_) @binding)] .)
  right: (expression_list . (func_literal) .))
(keyed_element
  key: (literal_element
    [
      (identifier) @binding
      (interpreted_string_literal (interpreted_string_literal_content) @binding)
    ])
  value: (literal_element (func_literal)))
