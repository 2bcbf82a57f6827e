; Words of a text: see escalation.syntax.words. A call or decorator captures what is called, whose dotted name is read
; backwards from its end; `@call.name` takes the child `name` of the node, for a pattern that waited for a later child
; would cost quadratic time on long chains of calls.

(identifier) @identifier
(field_identifier) @identifier
(type_identifier) @identifier

(import_spec path: (interpreted_string_literal (interpreted_string_literal_content) @import))
(import_spec path: (raw_string_literal (raw_string_literal_content) @import))

(call_expression function: [(identifier) (selector_expression)] @call)
(composite_literal type: [(type_identifier) (qualified_type)] @call)

(keyed_element value: (literal_element [(true) (false) (nil)])) @argument

(interpreted_string_literal_content) @string
(raw_string_literal_content) @string
