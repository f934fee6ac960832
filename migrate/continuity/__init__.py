"""Both sides' logs, read just as far as a question needs: what the pure room `offsets` judges."""
