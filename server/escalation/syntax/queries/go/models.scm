(type_spec type: (struct_type (field_declaration_list (field_declaration) @member) @body)) @class
