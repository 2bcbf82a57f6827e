(function_declaration name: (_) @name parameters: (_) @parameters return_type: (_)? @type) @callable
(function_signature name: (_) @name parameters: (_) @parameters return_type: (_)? @type) @callable
(generator_function_declaration name: (_) @name parameters: (_) @parameters return_type: (_)? @type) @callable
(method_definition name: (_) @name parameters: (_) @parameters return_type: (_)? @type) @callable
(method_signature name: (_) @name parameters: (_) @parameters return_type: (_)? @type) @callable
(abstract_method_signature name: (_) @name parameters: (_) @parameters return_type: (_)? @type) @callable
(variable_declarator name: (identifier) @name value: [(arrow_function parameters: (_) @parameters return_type: (_)? @type) (function_expression parameters: (_) @parameters return_type: (_)? @type)]) @callable
(variable_declarator name: (identifier) @name type: (_)? @type value: (_) @other (#not-match? @other "^(async\\s*)?(function|\\(|<|[\\w$]+\\s*=>)")) @value
(abstract_class_declaration name: (_) @name (class_heritage)? @heads) @class
(interface_declaration name: (_) @name (extends_type_clause)? @heads) @class
(enum_declaration name: (_) @name) @class
(enum_body name: (_) @name @value)
(type_alias_declaration name: (_) @name value: (_) @type) @value
(interface_body (property_signature name: (_) @name type: (_)? @type) @value)
(public_field_definition name: (_) @name type: (_)? @type) @value
