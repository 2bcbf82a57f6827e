(class_declaration) @class
(class) @class
(method_definition) @method
(field_definition value: [(arrow_function) (function_expression)]) @method
(member_expression object: (this)) @reference
