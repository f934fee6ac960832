"""What was done: the journal's entries, the file that keeps them, and every question about them."""
