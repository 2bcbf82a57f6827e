(class_declaration) @class
(trait_declaration) @class
(method_declaration body: (_)) @method
(member_access_expression object: (variable_name)) @reference
(member_call_expression object: (variable_name)) @reference
(scoped_call_expression) @reference
(scoped_property_access_expression) @reference
