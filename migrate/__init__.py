"""Plan, rehearse, execute and prove the move of a streaming estate between Kafka-compatible platforms."""
