"""What kcp, Confluent's planner, has written about a cluster, instead of the cluster."""
