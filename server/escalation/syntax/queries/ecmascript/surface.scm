(class_declaration name: (_) @name (class_heritage)? @heads) @class
(export_specifier name: (_) @name !alias) @reexport
(export_specifier alias: (_) @name) @reexport
