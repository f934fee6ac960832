"""Real Kafka on this machine: brokers and Connect workers as processes, from Maven artifacts."""
