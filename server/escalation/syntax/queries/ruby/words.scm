; Words of a text: see escalation.syntax.words. A call or decorator captures what is called, whose dotted name is read
; backwards from its end; `@call.name` takes the child `name` of the node, for a pattern that waited for a later child
; would cost quadratic time on long chains of calls.

(identifier) @identifier
(constant) @identifier
(instance_variable) @identifier
(class_variable) @identifier
(global_variable) @identifier
(simple_symbol) @identifier
(hash_key_symbol) @identifier

(call
  !receiver
  method: (identifier) @_require
  arguments: (argument_list . (string (string_content) @import))
  (#any-of? @_require "require" "require_relative" "load" "gem"))

(call) @call.method

(pair value: [(true) (false) (nil)]) @argument

(string_content) @string
