(struct_item body: (field_declaration_list (field_declaration) @member) @body) @class
