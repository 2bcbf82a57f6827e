(class_declaration) @class
(object_declaration) @class
(function_declaration (function_body)) @method
(class_body (property_declaration (variable_declaration . (identifier) @field)))
(class_parameter ["val" "var"] (identifier) @field)
(identifier) @bare
