import numpy as np
import pytest

from minigan.data import Dataset


@pytest.fixture
def data(rng):
    """24 images of 3 x 3 pixels with 3 labels."""
    return Dataset(rng.integers(0, 256, (24, 9)).astype(np.uint8), (3, 3), "", labels=np.arange(24) % 3)
