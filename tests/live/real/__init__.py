"""Histories on real clusters: each operation as requests of Kafka's protocol, of Connect's REST, or of librdkafka."""
