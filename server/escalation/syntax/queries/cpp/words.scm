(namespace_identifier) @identifier

(call_expression function: [(qualified_identifier) (template_function)] @call)
(new_expression type: (_) @call)

(attribute name: (identifier) @decorator)
