; Words of a text: see escalation.syntax.words. A call or decorator captures what is called, whose dotted name is read
; backwards from its end; `@call.name` takes the child `name` of the node, for a pattern that waited for a later child
; would cost quadratic time on long chains of calls.

(identifier) @identifier

(using_directive !name [(identifier) (qualified_name)] @import)
(using_directive name: (_) [(identifier) (qualified_name)] @import .)

(invocation_expression
  function: [(identifier) (member_access_expression) (generic_name) (conditional_access_expression)] @call)
(object_creation_expression type: (_) @call)

(attribute name: (_) @decorator)

(argument name: (_) (boolean_literal)) @argument
(assignment_expression right: (boolean_literal)) @argument

(string_literal_content) @string
(verbatim_string_literal) @string
(string_content) @string
