"""A durable queue and durable event streams; neither knows what the work is about."""
