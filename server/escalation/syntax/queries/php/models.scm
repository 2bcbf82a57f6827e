(class_declaration body: (declaration_list (property_declaration) @member) @body) @class
