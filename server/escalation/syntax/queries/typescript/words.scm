(type_identifier) @identifier
(import_require_clause source: (string (string_fragment) @import))
(call_expression function: (non_null_expression) @call)
(new_expression constructor: (non_null_expression) @call)
