(use_declaration argument: (_) @tree) @import
(mod_item name: (_) @child !body) @import
(extern_crate_declaration name: (_) @module) @import
