; Words of a text: see escalation.syntax.words. A call or decorator captures what is called, whose dotted name is read
; backwards from its end; `@call.name` takes the child `name` of the node, for a pattern that waited for a later child
; would cost quadratic time on long chains of calls.

(identifier) @identifier
(property_identifier) @identifier
(private_property_identifier) @identifier
(shorthand_property_identifier) @identifier
(shorthand_property_identifier_pattern) @identifier

(import_statement source: (string (string_fragment) @import))
(export_statement source: (string (string_fragment) @import))
(import_statement
  (import_clause (named_imports (import_specifier name: (identifier) @import.name)))
  source: (string (string_fragment) @import.from))
(call_expression
  function: [(identifier) (import)] @_require
  arguments: (arguments . (string (string_fragment) @import))
  (#any-of? @_require "require" "import"))

(call_expression function: [(identifier) (member_expression)] @call)
(new_expression constructor: [(identifier) (member_expression)] @call)

(decorator [(identifier) (member_expression)] @decorator)
(decorator (call_expression function: (_) @decorator))

(pair value: [(true) (false) (null)]) @argument

(string (string_fragment) @string)
(template_string (string_fragment) @string)
