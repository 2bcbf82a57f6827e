; Words of a text: see escalation.syntax.words. A call or decorator captures what is called, whose dotted name is read
; backwards from its end; `@call.name` takes the child `name` of the node, for a pattern that waited for a later child
; would cost quadratic time on long chains of calls.

(identifier) @identifier
(field_identifier) @identifier
(type_identifier) @identifier

(preproc_include path: (system_lib_string) @import)
(preproc_include path: (string_literal (string_content) @import))

(call_expression function: [(identifier) (field_expression) (qualified_identifier) (template_function)] @call)

(string_content) @string

(namespace_identifier) @identifier
(new_expression type: (_) @call)
(attribute name: (identifier) @decorator)
