(abstract_class_declaration name: (type_identifier) @name) @class
(export_statement declaration: (abstract_class_declaration name: (type_identifier) @name)) @class
(interface_declaration name: (type_identifier) @name) @interface
(type_alias_declaration name: (type_identifier) @name) @type
(enum_declaration name: (identifier) @name) @enum
(internal_module name: (identifier) @name) @namespace
(function_signature name: (identifier) @name) @function
(abstract_method_signature name: (property_identifier) @name) @method
(public_field_definition name: (property_identifier) @name value: (arrow_function)) @method
(public_field_definition name: (_) @name) @field
(interface_declaration body: (_ (property_signature name: (_) @name) @field))
(interface_declaration body: (_ (method_signature name: (_) @name) @field))
(type_alias_declaration value: (object_type (property_signature name: (_) @name) @field))
(type_alias_declaration value: (object_type (method_signature name: (_) @name) @field))
(required_parameter (accessibility_modifier) pattern: (identifier) @name) @field
