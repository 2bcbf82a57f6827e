; Members of the object literals given to calls that declare a model (Mongoose, Sequelize, Drizzle).
(call_expression arguments: (arguments (object (pair) @member) @body)) @class
(new_expression arguments: (arguments (object (pair) @member) @body)) @class
