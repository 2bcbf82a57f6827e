(import_declaration [(identifier) (scoped_identifier)] @module (asterisk)? @name) @import
