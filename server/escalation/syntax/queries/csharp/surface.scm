(method_declaration returns: (_) @type name: (_) @name parameters: (_) @parameters) @callable
(constructor_declaration name: (_) @name parameters: (_) @parameters) @callable
(class_declaration name: (_) @name (base_list)? @heads) @class
(struct_declaration name: (_) @name) @class
(record_declaration name: (_) @name) @class
(interface_declaration name: (_) @name (base_list)? @heads) @class
(enum_declaration name: (_) @name) @class
(delegate_declaration name: (_) @name parameters: (_) @parameters) @callable
(property_declaration type: (_) @type name: (_) @name) @value
(field_declaration (variable_declaration type: (_) @type (variable_declarator name: (_) @name))) @value
