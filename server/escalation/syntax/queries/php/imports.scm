(namespace_use_declaration (namespace_use_clause) @tree) @import
(namespace_use_declaration (namespace_name) @module body: (namespace_use_group (namespace_use_clause . (_) @name))) @import
(require_expression (_) @file) @import
(require_once_expression (_) @file) @import
(include_expression (_) @file) @import
(include_once_expression (_) @file) @import
