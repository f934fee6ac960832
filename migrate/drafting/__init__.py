"""An inventory into drafts and questions for workloads.yaml."""
