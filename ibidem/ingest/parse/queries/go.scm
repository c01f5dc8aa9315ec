(function_declaration name: (identifier) @name) @func
(method_declaration receiver: (parameter_list) @owner name: (field_identifier) @name) @func
(type_declaration (type_spec name: (type_identifier) @name) @type)
(type_alias name: (type_identifier) @name) @type
(source_file (const_declaration (const_spec name: (identifier) @name) @symbol))
(source_file (var_declaration (var_spec name: (identifier) @name) @symbol))
(struct_type (field_declaration_list (field_declaration name: (field_identifier) @name) @field))
(interface_type (method_elem name: (field_identifier) @name) @field)
(import_spec) @import
