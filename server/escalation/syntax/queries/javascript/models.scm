; Members of the object literals given to calls that declare a model (Mongoose, Sequelize, Drizzle).
(class_declaration body: (class_body (field_definition) @member) @body) @class
(call_expression arguments: (arguments (object (pair) @member) @body)) @class
(new_expression arguments: (arguments (object (pair) @member) @body)) @class
