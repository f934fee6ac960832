"""`kmig verify protocol` on the wire: each probe in its own process, on its own topics, groups and users."""
