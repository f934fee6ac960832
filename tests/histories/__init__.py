"""Small histories, one fact each, that real clusters and the simulated world answer alike."""
