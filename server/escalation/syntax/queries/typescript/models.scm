(class_declaration body: (class_body (public_field_definition) @member) @body) @class
