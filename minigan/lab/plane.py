"""What the page draws of a GAN in the plane: D's opinion, samples, arrows, the folds of G, and two divergences.

Coordinates are sent as whole numbers, in thousandths of `limit`, the half-width of the picture.
"""

import base64

import numpy as np

from minigan.nn.losses import sigmoid
from minigan.recipes.sampling import generator_input

SIDE, N_SAMPLES, N_ARROWS, FOLDS, FINE = 48, 400, 40, 13, 4  # D's places in a row; lines of G's grid, points between
N_CELLS, N_JUDGED = 24, 2000  # the divergences compare shares of samples in N_CELLS x N_CELLS cells


class Plane:
    """The view of points. edge: the half-width of its picture. z (N_JUDGED, n_z): the noise of the samples."""

    kind, seconds = "plane", 1 / 25  # from one picture to the next, at least

    def __init__(self, settings, data):
        self.edge, self.z = limit(data), generator_input(settings, data, N_JUDGED, np.random.default_rng(0))
        self.about = {"real": whole(data.x[:N_SAMPLES], self.edge)}

    def picture(self, training, G, D):
        return plane(training, G, D, self.z, self.edge)


def limit(data):
    """The half-width of the picture, so that all of the data are well inside; around a single point there is more."""
    wide = 1.4 if np.ptp(data.x) else 3.0
    return wide * float(np.abs(data.x).max()) or 1.0


def square(half, n):
    """A grid of points in the square of half-width `half` around 0, (n n, 2) float32, row by row from below."""
    axis = np.linspace(-half, half, n, dtype=np.float32)
    return np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)


def plane(training, G, D, z, edge):
    """One picture, ready for JSON; None if the numbers have overflowed.

    G, D: the networks to show. z (N_JUDGED, n_z): the noise of the samples.
    """
    settings, pack = training.settings, training.settings.packing
    s = D(np.repeat(square(edge, SIDE), pack, axis=0))[:, 0]  # a pack of one place
    x = G(z)
    if not (np.isfinite(s).all() and np.isfinite(x).all()):
        return None
    folds = np.zeros((FOLDS, FOLDS * FINE, z.shape[1]), np.float32)
    axis, fine = np.linspace(-2.0, 2.0, FOLDS), np.linspace(-2.0, 2.0, FOLDS * FINE)
    lines = []
    for a, b in ((0, 1), (1, 0)) if z.shape[1] > 1 else ((0, 0),):
        folds[...] = 0.0
        folds[:, :, b] = fine
        if a != b:
            folds[:, :, a] = axis[:, None]
        lines += [whole(line, edge) for line in G(folds.reshape(-1, z.shape[1])).reshape(FOLDS, -1, 2)]
    way = arrows(training, D, x[: N_ARROWS * pack], edge)
    js, kl = divergences(x, training.data.x[: 5 * N_JUDGED], edge)
    return {
        "opinion": packed(opinion(settings, s)),
        "side": SIDE,
        "samples": whole(x[:N_SAMPLES], edge),
        "folds": lines,
        "arrows": [whole(x[: len(way)], edge), whole(x[: len(way)] + way, edge)],
        "js": js,
        "kl": kl,
    }


def opinion(settings, s):
    """The scores s of D from 0, fake, to 1, real; without such a scale, from the lowest of them to the highest."""
    return sigmoid(s) if settings.probable else (s - s.min()) / (float(s.max() - s.min()) or 1.0)


def packed(shares):
    """An array of numbers from 0 to 1 as bytes, in the letters of base64."""
    return base64.b64encode(np.rint(255.0 * shares).astype(np.uint8).tobytes()).decode()


def arrows(training, D, x, edge):
    """Where D's gradient sends the samples x; long arrows, which would cover the picture, are shortened."""
    way = -slope(training, D, x)
    return way * (0.3 * edge / (np.linalg.norm(way, axis=1, keepdims=True) + 1.0))


def slope(training, D, x):
    """For each sample, the gradient of its own loss of G, without the 1/N of the mean: D's advice, times -1."""
    s, caches = D.forward(x, train=False)
    objective, real = training.objective, training.data.x[: len(x)]
    relativistic = training.settings.objective == "relativistic"
    _, ds = objective.g(s, D(real)) if relativistic else objective.g(s)
    return len(s) * D.backward(ds, caches, param_grads=False, input_grad=True)


def whole(points, edge):
    """Points (n, 2) as a list x, y, x, y ... of whole numbers; what is far outside stays outside."""
    return np.clip(1000.0 * points / edge, -9999, 9999).round().astype(int).ravel().tolist()


def divergences(fake, real, edge):
    """Estimates of the Jensen-Shannon divergence and of KL(real | fake), in nats, from shares of samples in cells.

    Each cell starts with one hundredth of a sample, so that both are finite. Samples outside of the picture count in
    the nearest cell.
    """
    p, q = (shares(x, edge) for x in (real, fake))
    middle = (p + q) / 2.0
    js = (p * np.log(p / middle)).sum() / 2.0 + (q * np.log(q / middle)).sum() / 2.0
    return round(float(js), 4), round(float((p * np.log(p / q)).sum()), 4)


def shares(x, edge):
    cells = np.clip((x / edge + 1.0) / 2.0 * N_CELLS, 0, N_CELLS - 1).astype(int)
    counts = np.bincount(cells[:, 1] * N_CELLS + cells[:, 0], minlength=N_CELLS**2) + 0.01
    return counts / counts.sum()
