(call !receiver method: (identifier) @callee arguments: (argument_list . (string) @module) (#any-of? @callee "require" "load")) @import
(call !receiver method: (identifier) @callee arguments: (argument_list . (string) @relative) (#eq? @callee "require_relative")) @import
(call method: (identifier) @callee arguments: (argument_list (simple_symbol) . (string) @module) (#eq? @callee "autoload")) @import
