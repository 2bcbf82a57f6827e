(class_declaration body: (class_body (field_definition) @member) @body) @class
