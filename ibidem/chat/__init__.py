"""A question and a session -> events."""
