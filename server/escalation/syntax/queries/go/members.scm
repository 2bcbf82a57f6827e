(type_spec type: (struct_type)) @class
(method_declaration) @method
(selector_expression operand: (identifier)) @reference
