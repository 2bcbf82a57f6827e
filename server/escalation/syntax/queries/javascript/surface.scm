(function_declaration name: (_) @name parameters: (_) @parameters) @callable
(generator_function_declaration name: (_) @name parameters: (_) @parameters) @callable
(method_definition name: (_) @name parameters: (_) @parameters) @callable
(variable_declarator name: (identifier) @name value: [(arrow_function parameters: (_) @parameters) (function_expression parameters: (_) @parameters)]) @callable
(variable_declarator name: (identifier) @name value: (_) @other (#not-match? @other "^(async\\s*)?(function|\\(|[\\w$]+\\s*=>)")) @value
(assignment_expression left: (member_expression object: (_) @exports property: (_) @name) right: [(arrow_function parameters: (_) @parameters) (function_expression parameters: (_) @parameters)] (#match? @exports "^(module\\.)?exports$")) @callable
(assignment_expression left: (member_expression object: (_) @exports property: (_) @name) right: [(identifier) (call_expression) (string) (number) (class)] (#match? @exports "^(module\\.)?exports$")) @reexport
(assignment_expression left: (member_expression) @exports right: (object [(shorthand_property_identifier) @name (pair key: (property_identifier) @name)]) (#eq? @exports "module.exports")) @reexport
