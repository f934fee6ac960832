"""Disposable Kafka: clusters and Connect workers, configured in one way wherever their programs run."""
