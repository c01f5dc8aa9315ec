"""A question and an index -> cited context, and a measure of how far it carries."""
