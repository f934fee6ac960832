"""Real Kafka in containers: an image from the same poms as on this machine, and an engine that runs it."""
