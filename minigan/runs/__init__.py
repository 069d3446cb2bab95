"""A run on disk: its folder, metrics, pictures and checkpoints, and training in several processes."""
