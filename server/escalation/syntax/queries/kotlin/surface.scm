(function_declaration name: (_) @name (function_value_parameters) @parameters . [(user_type) (nullable_type) (function_type)]? @type) @callable
(class_declaration name: (_) @name (delegation_specifiers)? @heads) @class
(object_declaration name: (_) @name) @class
(property_declaration (variable_declaration . (identifier) @name [(user_type) (nullable_type) (function_type)]? @type)) @value
