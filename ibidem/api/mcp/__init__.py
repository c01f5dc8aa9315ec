"""The Model Context Protocol: tools and documents for assistants in editors."""
