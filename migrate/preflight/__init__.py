"""What a cutover would find once its clients are stopped, asked while everybody runs."""
