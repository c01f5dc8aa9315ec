(class_declaration name: (identifier) @name) @class
(object_declaration name: (identifier) @name) @object
(function_declaration name: (identifier) @name) @fun
(source_file (property_declaration (variable_declaration (identifier) @name)) @symbol)
(class_body (property_declaration (variable_declaration (identifier) @name)) @field)
(class_parameter (identifier) @name) @field
(enum_entry (identifier) @name) @field
(type_alias (identifier) @name) @symbol
(import) @import
(package_header) @import
