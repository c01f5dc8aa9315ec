(function_definition name: (identifier) @name) @def
(class_definition name: (identifier) @name) @class
(decorated_definition definition: (function_definition name: (identifier) @name)) @def
(decorated_definition definition: (class_definition name: (identifier) @name)) @class
(module (expression_statement (assignment left: (identifier) @name) @symbol))
(class_definition body: (block (expression_statement (assignment left: (identifier) @name) @field)))
((assignment left: (attribute object: (identifier) @_self attribute: (identifier) @name)) @field (#eq? @_self "self"))
(import_statement) @import
(import_from_statement) @import
