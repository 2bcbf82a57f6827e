; Classes, their methods, and what methods name of their object. Attributes need no declaration.
(class_definition) @class
(function_definition) @method
(attribute object: (identifier) attribute: (identifier)) @reference
