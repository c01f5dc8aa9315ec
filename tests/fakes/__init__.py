"""Stand-ins for what tests cannot run: servers that really speak, and really misbehave."""
