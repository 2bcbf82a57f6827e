(abstract_class_declaration) @class
(public_field_definition value: [(arrow_function) (function_expression)]) @method
