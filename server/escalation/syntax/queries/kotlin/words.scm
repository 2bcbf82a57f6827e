; Words of a text: see escalation.syntax.words. A call or decorator captures what is called, whose dotted name is read
; backwards from its end; `@call.name` takes the child `name` of the node, for a pattern that waited for a later child
; would cost quadratic time on long chains of calls.

(identifier) @identifier

(import (qualified_identifier) @import)

(call_expression . [(identifier) (navigation_expression)] @call)

(annotation (user_type) @decorator)
(annotation (constructor_invocation (user_type) @decorator))

(string_content) @string
