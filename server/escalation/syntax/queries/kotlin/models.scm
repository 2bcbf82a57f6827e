(class_declaration (class_body (property_declaration) @member) @body) @class
(object_declaration (class_body (property_declaration) @member) @body) @class
(class_declaration (primary_constructor (class_parameters (class_parameter) @member) @body)) @class
