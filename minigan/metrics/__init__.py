"""How good the samples are: frechet.py for images, modes.py for the sets of points whose right answer is known."""
