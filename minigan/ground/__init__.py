"""The ground that everything stands on; it imports nothing else of minigan.

backend.py    NumPy or CuPy: `fused` and `namespace`, which the reader's path uses
errors.py     the errors that a user can cause
cli.py        what the command lines share
"""
