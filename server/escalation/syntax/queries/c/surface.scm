; Functions declared or defined in a header, its types and function-like macros.
(declaration declarator: (function_declarator declarator: (_) @name parameters: (_) @parameters)) @callable
(declaration declarator: (pointer_declarator declarator: (function_declarator declarator: (_) @name parameters: (_) @parameters))) @callable
(function_definition declarator: (function_declarator declarator: (_) @name parameters: (_) @parameters)) @callable
(function_definition declarator: (pointer_declarator declarator: (function_declarator declarator: (_) @name parameters: (_) @parameters))) @callable
(preproc_function_def name: (_) @name parameters: (_) @parameters) @callable
(struct_specifier name: (_) @name body: (_)) @class
(enum_specifier name: (_) @name body: (_)) @class
(type_definition declarator: (type_identifier) @name) @class
(enumerator name: (_) @name) @value
(field_declaration type: (_) @type declarator: [(field_identifier) @name (pointer_declarator declarator: (field_identifier) @name) (array_declarator declarator: (field_identifier) @name)]) @value
