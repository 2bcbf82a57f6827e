(command name: (command_name) @callee . argument: (_) @module (#any-of? @callee "source" ".")) @import
