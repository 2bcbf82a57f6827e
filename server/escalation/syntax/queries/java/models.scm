(class_declaration body: (class_body (field_declaration) @member) @body) @class
