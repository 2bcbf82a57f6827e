(class_declaration) @class
(struct_declaration) @class
(record_declaration) @class
(method_declaration body: (_)) @method
(field_declaration (variable_declaration (variable_declarator name: (_) @field)))
(property_declaration name: (_) @field)
(event_field_declaration (variable_declaration (variable_declarator name: (_) @field)))
(identifier) @bare
