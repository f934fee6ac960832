"""The histories, by what they are about."""
