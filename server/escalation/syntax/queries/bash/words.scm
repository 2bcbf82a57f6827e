; Words of a text: see escalation.syntax.words. A call or decorator captures what is called, whose dotted name is read
; backwards from its end; `@call.name` takes the child `name` of the node, for a pattern that waited for a later child
; would cost quadratic time on long chains of calls.

(variable_name) @identifier
(function_definition name: (word) @identifier)

(command
  name: (command_name (word) @_source)
  argument: (word) @import
  (#any-of? @_source "source" "."))

(command_name (word) @call)

(string_content) @string
(raw_string) @string
