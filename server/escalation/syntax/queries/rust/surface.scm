(function_item name: (_) @name parameters: (_) @parameters return_type: (_)? @type) @callable
(function_signature_item name: (_) @name parameters: (_) @parameters return_type: (_)? @type) @callable
(struct_item name: (_) @name) @class
(enum_item name: (_) @name) @class
(union_item name: (_) @name) @class
(trait_item name: (_) @name bounds: (_)? @heads) @class
(mod_item name: (_) @name) @class
(const_item name: (_) @name type: (_) @type) @value
(static_item name: (_) @name type: (_) @type) @value
(type_item name: (_) @name type: (_) @type) @value
(enum_variant name: (_) @name body: (_)? @type) @value
(field_declaration name: (_) @name type: (_) @type) @value
(use_declaration argument: [(identifier) @name (scoped_identifier name: (_) @name) (use_as_clause alias: (_) @name)]) @reexport
(use_declaration argument: (scoped_use_list list: (use_list [(identifier) @name (scoped_identifier name: (_) @name) (use_as_clause alias: (_) @name)]))) @reexport
