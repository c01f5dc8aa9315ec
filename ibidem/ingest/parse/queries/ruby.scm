(class name: [(constant) (scope_resolution name: (constant))] @name) @class
(module name: [(constant) (scope_resolution name: (constant))] @name) @module
(method name: (_) @name) @def
(singleton_method name: (_) @name) @def
(program (assignment left: (constant) @name) @symbol)
(body_statement (assignment left: (constant) @name) @field)
((call method: (identifier) @_attribute arguments: (argument_list (simple_symbol) @name)) @field (#match? @_attribute "^attr_"))
((call method: (identifier) @_require) @import (#match? @_require "^(require|require_relative|load|autoload)$"))
