"""How good the samples are: frechet.py, neighbours.py and parzen.py for images, modes.py for points whose right answer
is known."""
