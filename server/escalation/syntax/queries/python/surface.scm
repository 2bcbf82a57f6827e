; What a module offers: functions, classes, module constants, and what a package's __init__ re-exports.
(function_definition name: (identifier) @name parameters: (parameters) @parameters return_type: (_)? @type) @callable
(class_definition name: (identifier) @name superclasses: (_)? @heads) @class
(module (expression_statement (assignment left: (identifier) @name type: (_)? @type)) @value)
(import_from_statement name: (dotted_name (identifier) @name .)) @reexport
(import_from_statement name: (aliased_import alias: (identifier) @name)) @reexport
; A decorator is part of what it decorates.
(decorated_definition definition: (function_definition name: (identifier) @name parameters: (parameters) @parameters return_type: (_)? @type) @callable)
