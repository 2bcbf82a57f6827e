; Words of a text: see escalation.syntax.words. A call or decorator captures what is called, whose dotted name is read
; backwards from its end; `@call.name` takes the child `name` of the node, for a pattern that waited for a later child
; would cost quadratic time on long chains of calls.

(name) @identifier

(namespace_use_clause . (qualified_name) @import)
(namespace_use_declaration (namespace_use_clause . (name) @import))
(namespace_use_declaration
  (namespace_name) @import.from
  body: (namespace_use_group (namespace_use_clause . (name) @import.name)))
(include_expression (string (string_content) @import))
(require_expression (string (string_content) @import))
(require_once_expression (string (string_content) @import))
(include_once_expression (string (string_content) @import))

(function_call_expression function: [(name) (qualified_name)] @call)
(member_call_expression) @call.name
(nullsafe_member_call_expression) @call.name
(scoped_call_expression) @call.name
(object_creation_expression [(name) (qualified_name)] @call)

(attribute . [(name) (qualified_name)] @decorator)

(argument name: (_) [(boolean) (null)]) @argument
(array_element_initializer . (_) . [(boolean) (null)] .) @argument

(string_content) @string
