(function_item name: (identifier) @name) @fn
(function_signature_item name: (identifier) @name) @fn
(struct_item name: (type_identifier) @name) @struct
(enum_item name: (type_identifier) @name) @enum
(union_item name: (type_identifier) @name) @union
(trait_item name: (type_identifier) @name) @trait
(impl_item type: (type_identifier) @name) @impl
(impl_item type: (generic_type type: (type_identifier) @name)) @impl
(mod_item name: (identifier) @name body: (_)) @mod
(macro_definition name: (identifier) @name) @macro
(type_item name: (type_identifier) @name) @symbol
(const_item name: (identifier) @name) @symbol
(static_item name: (identifier) @name) @symbol
(field_declaration name: (field_identifier) @name) @field
(enum_variant name: (identifier) @name) @field
(use_declaration) @import
(mod_item name: (identifier) !body) @import
