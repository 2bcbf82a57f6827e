(class_declaration) @class
(class) @class
(method_definition) @method
(member_expression object: (this)) @reference
