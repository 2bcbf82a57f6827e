(class_declaration) @class
(enum_declaration) @class
(record_declaration) @class
(record_declaration parameters: (formal_parameters (formal_parameter name: (_) @field)))
(method_declaration body: (_)) @method
(field_declaration declarator: (variable_declarator name: (_) @field))
(identifier) @bare
