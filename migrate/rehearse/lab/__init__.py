"""Disposable clusters, live clients, and other parts that only a rehearsal uses."""
