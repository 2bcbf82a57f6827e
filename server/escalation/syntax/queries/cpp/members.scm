(class_specifier body: (_)) @class
(struct_specifier body: (_)) @class
(function_definition body: (_)) @method
(field_declaration declarator: [(field_identifier) @field (pointer_declarator declarator: (field_identifier) @field) (reference_declarator (field_identifier) @field) (array_declarator declarator: (field_identifier) @field)])
(identifier) @bare
(field_identifier) @bare
