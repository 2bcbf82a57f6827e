(method name: (_) @name parameters: (_)? @parameters) @callable
(singleton_method name: (_) @name parameters: (_)? @parameters) @callable
(class name: (_) @name superclass: (_)? @heads) @class
(module name: (_) @name) @class
(assignment left: (constant) @name) @value
