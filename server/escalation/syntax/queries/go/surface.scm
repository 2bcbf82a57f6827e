(function_declaration name: (_) @name parameters: (_) @parameters result: (_)? @type) @callable
(method_declaration receiver: (_) @receiver name: (_) @name parameters: (_) @parameters result: (_)? @type) @callable
(method_elem name: (_) @name parameters: (_) @parameters result: (_)? @type) @callable
(type_spec name: (_) @name type: [(struct_type) (interface_type)]) @class
(type_spec name: (_) @name type: [(type_identifier) (map_type) (slice_type) (array_type) (function_type) (pointer_type) (qualified_type) (channel_type)] @type) @value
(type_alias name: (_) @name type: (_) @type) @value
(const_spec name: (_) @name type: (_)? @type) @value
(var_spec name: (_) @name type: (_)? @type) @value
(field_declaration name: (_) @name type: (_) @type) @value
