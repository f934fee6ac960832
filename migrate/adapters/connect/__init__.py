"""A Connect cluster over REST: its workers, what is read of its connectors, and the connectors that copy."""
