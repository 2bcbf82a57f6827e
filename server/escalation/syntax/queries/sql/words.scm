; Words of a text: see escalation.syntax.words. A call or decorator captures what is called, whose dotted name is read
; backwards from its end; `@call.name` takes the child `name` of the node, for a pattern that waited for a later child
; would cost quadratic time on long chains of calls.

(identifier) @identifier

(invocation (object_reference name: (identifier) @call))
[
  (keyword_grant)
  (keyword_revoke)
  (keyword_role)
  (keyword_policy)
  (keyword_security)
] @call

(literal) @string
