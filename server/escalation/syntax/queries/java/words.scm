; Words of a text: see escalation.syntax.words. A call or decorator captures what is called, whose dotted name is read
; backwards from its end; `@call.name` takes the child `name` of the node, for a pattern that waited for a later child
; would cost quadratic time on long chains of calls.

(identifier) @identifier
(type_identifier) @identifier

(import_declaration (scoped_identifier) @import .)
(import_declaration (scoped_identifier) @import.from (asterisk) @import.name)

(method_invocation) @call.name
(object_creation_expression type: (_) @call)
(method_reference) @call

(marker_annotation name: (_) @decorator)
(annotation name: (_) @decorator)

(element_value_pair value: [(true) (false)]) @argument

(string_fragment) @string
