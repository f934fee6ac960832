"""Disposable clusters, live clients, and what else only a rehearsal touches."""
