; Words of a text: see escalation.syntax.words. A call or decorator captures what is called, whose dotted name is read
; backwards from its end; `@call.name` takes the child `name` of the node, for a pattern that waited for a later child
; would cost quadratic time on long chains of calls.

(identifier) @identifier
(field_identifier) @identifier
(type_identifier) @identifier
(shorthand_field_identifier) @identifier

(use_declaration argument: (_) @import)
(extern_crate_declaration name: (identifier) @import)

(call_expression function: [(identifier) (scoped_identifier) (field_expression) (generic_function)] @call)
(macro_invocation macro: (_) @call)
(struct_expression name: (_) @call)

(attribute . [(identifier) (scoped_identifier)] @decorator)

(field_initializer value: (boolean_literal)) @argument

(string_content) @string
