(create_function (function_body) @body) @function
(create_procedure (procedure_body) @body) @function
(create_function (object_reference) @name)
(create_procedure (object_reference) @name)
(create_function (function_arguments) @parameters)
(create_procedure (function_arguments) @parameters)
