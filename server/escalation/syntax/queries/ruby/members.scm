(class) @class
(module) @class
(method) @method
(instance_variable) @reference
(call receiver: (self)) @reference
(call !receiver method: (identifier) @callee arguments: (argument_list (simple_symbol) @attribute) (#any-of? @callee "attr_reader" "attr_writer" "attr_accessor"))
(identifier) @bare
