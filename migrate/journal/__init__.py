"""What was done: entries, the file that keeps them, and every question asked of them."""
