; Words of a text: see escalation.syntax.words. A call or decorator captures what is called, whose dotted name is read
; backwards from its end; `@call.name` takes the child `name` of the node, for a pattern that waited for a later child
; would cost quadratic time on long chains of calls.

(identifier) @identifier

(import_statement name: (dotted_name) @import)
(import_statement name: (aliased_import name: (dotted_name) @import))
(import_from_statement module_name: (_) @import.from name: (dotted_name) @import.name)
(import_from_statement module_name: (_) @import.from name: (aliased_import name: (dotted_name) @import.name))
(import_from_statement module_name: (_) @import.from (wildcard_import) @import.name)
(future_import_statement name: (dotted_name) @import)

(call function: [(identifier) (attribute)] @call)

(decorator [(identifier) (attribute)] @decorator)
(decorator (call function: (_) @decorator))

(keyword_argument value: [(true) (false) (none)]) @argument

(string_content) @string
