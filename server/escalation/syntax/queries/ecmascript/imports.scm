(import_statement source: (string) @module) @import
(import_statement (import_clause (named_imports (import_specifier name: (_) @name))) source: (string) @module) @import
(export_statement source: (string) @module) @import
(call_expression function: (import) arguments: (arguments . [(string) (template_string)] @module)) @import
(call_expression function: (identifier) @callee arguments: (arguments . (string) @module) (#any-of? @callee "require" "importScripts")) @import
