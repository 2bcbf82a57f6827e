; Members of classes, and of the calls that declare a table (SQLAlchemy's Table).
(class_definition body: (block (_) @member) @body) @class
(call function: (_) @callee arguments: (argument_list (call) @member) @body (#match? @callee "Table$")) @class
