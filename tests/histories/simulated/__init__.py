"""Histories in a simulated world: each operation as calls of its clusters, its Connect and its programs."""
