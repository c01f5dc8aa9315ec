(class_declaration name: (identifier) @name) @class
(interface_declaration name: (identifier) @name) @interface
(struct_declaration name: (identifier) @name) @struct
(enum_declaration name: (identifier) @name) @enum
(record_declaration name: (identifier) @name) @record
(method_declaration name: (identifier) @name) @method
(constructor_declaration name: (identifier) @name) @constructor
(delegate_declaration name: (identifier) @name) @symbol
(property_declaration name: (identifier) @name) @symbol
(field_declaration (variable_declaration (variable_declarator name: (identifier) @name))) @symbol
(enum_member_declaration name: (identifier) @name) @field
(namespace_declaration name: (_) @name) @package
(file_scoped_namespace_declaration name: (_) @name) @package
(using_directive) @import
