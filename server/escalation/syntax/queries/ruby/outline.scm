(method name: (_) @name) @function
(singleton_method name: (_) @name) @function
(method parameters: (_) @parameters)
(singleton_method parameters: (_) @parameters)
(method body: (_) @body)
(singleton_method body: (_) @body)
(lambda body: (_) @body) @function
(lambda parameters: (_) @parameters)

(class name: (_) @name) @class
(module name: (_) @name) @class
(class body: (_) @body)
(module body: (_) @body)

(assignment left: [(identifier) @binding (constant) @binding (instance_variable) @binding] right: (lambda))
(pair key: (_) @binding value: (lambda))
