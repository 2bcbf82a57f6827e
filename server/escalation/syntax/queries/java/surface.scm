(method_declaration type: (_) @type name: (_) @name parameters: (_) @parameters) @callable
(constructor_declaration name: (_) @name parameters: (_) @parameters) @callable
(class_declaration name: (_) @name superclass: (_)? @heads) @class
(interface_declaration name: (_) @name) @class
(enum_declaration name: (_) @name) @class
(record_declaration name: (_) @name parameters: (_) @parameters) @callable
(annotation_type_declaration name: (_) @name) @class
(field_declaration type: (_) @type declarator: (variable_declarator name: (_) @name)) @value
