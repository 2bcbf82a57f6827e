; Functions, methods, types and fields declared in a header.
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
(declaration declarator: (reference_declarator (function_declarator declarator: (_) @name parameters: (_) @parameters))) @callable
(field_declaration declarator: (function_declarator declarator: (_) @name parameters: (_) @parameters)) @callable
(field_declaration declarator: (pointer_declarator declarator: (function_declarator declarator: (_) @name parameters: (_) @parameters))) @callable
(field_declaration declarator: (reference_declarator (function_declarator declarator: (_) @name parameters: (_) @parameters))) @callable
(function_definition declarator: (reference_declarator (function_declarator declarator: (_) @name parameters: (_) @parameters))) @callable
(class_specifier name: (_) @name (base_class_clause)? @heads body: (_)) @class
(alias_declaration name: (_) @name type: (_) @type) @value
