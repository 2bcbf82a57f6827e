(function_definition name: (_) @name parameters: (_) @parameters return_type: (_)? @type) @callable
(method_declaration name: (_) @name parameters: (_) @parameters return_type: (_)? @type) @callable
(class_declaration name: (_) @name (base_clause)? @heads) @class
(interface_declaration name: (_) @name) @class
(trait_declaration name: (_) @name) @class
(enum_declaration name: (_) @name) @class
(const_element . (name) @name) @value
(property_declaration type: (_)? @type (property_element name: (_) @name)) @value
