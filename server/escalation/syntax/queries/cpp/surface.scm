; Methods and what else only C++ declares in a header.
(declaration declarator: (reference_declarator (function_declarator declarator: (_) @name parameters: (_) @parameters))) @callable
(field_declaration declarator: (function_declarator declarator: (_) @name parameters: (_) @parameters)) @callable
(field_declaration declarator: (pointer_declarator declarator: (function_declarator declarator: (_) @name parameters: (_) @parameters))) @callable
(field_declaration declarator: (reference_declarator (function_declarator declarator: (_) @name parameters: (_) @parameters))) @callable
(function_definition declarator: (reference_declarator (function_declarator declarator: (_) @name parameters: (_) @parameters))) @callable
(class_specifier name: (_) @name (base_class_clause)? @heads body: (_)) @class
(alias_declaration name: (_) @name type: (_) @type) @value
