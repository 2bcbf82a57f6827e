(struct_item) @class
(enum_item) @class
(impl_item) @class
(function_item body: (_)) @method
(field_expression value: (self)) @reference
(scoped_identifier path: (identifier)) @reference
