"""The tables of figures that python -m minigan.evaluate prints.

Each figure of the samples stands beside the same figure of real samples and of noise. There is one set of figures for
images with labels, one for images without, one for stacked digits, and one for points around known modes.
"""

import math

import numpy as np

from minigan.data import load, split, toy
from minigan.ground.errors import ArgumentError
from minigan.metrics import frechet, modes, neighbours, parzen

N_IMAGES, N_STACKED, N_POINTS = 10_000, 26_000, 2500  # as many samples as the papers take
SHOWN = 26  # classes whose shares are printed; --json has all
OF_IMAGES = {  # figure -> (its format, what it can tell and what it cannot)
    "Frechet distance": (".2f", "0 is best; sees wrong shapes and missing classes, but not copying"),
    "precision": (".3f", "share of samples that look real; one good image, repeated, scores 1"),
    "recall": (".3f", "share of real images that samples resemble; a few outliers raise it"),
    "density": (".3f", "real images around a sample, relative to real ones; above 1: too typical"),
    "coverage": (".3f", "share of real images with a sample nearby; more samples raise it"),
    "confidence": (".3f", "probability of the classifier's first choice; nonsense can score high"),
    "surer than .9": (
        ".3f",
        "share of samples whose class is clear; others are often ragged; 'real': test images",
    ),
    "KL of the classes": (".4f", "nats, from equal shares of the classes; a conditional G takes them from labels"),
    "Parzen log-likelihood": (".1f", "nats, used in 2014; higher is better, but blur scores higher still"),
    "nearest in training": (".2f", "10th percentile, distance to a training image; 0: copies; 'real': test images"),
}
OF_UNLABELLED = {
    "Frechet, untrained": (".3f", "0 is best; distance on the features of an untrained network"),
    **{name: OF_IMAGES[name] for name in ("precision", "recall", "density", "coverage")},
    "diversity": (".3f", "how far apart two samples are, over test images; 0: all alike; grain raises it"),
    **{name: OF_IMAGES[name] for name in ("Parzen log-likelihood", "nearest in training")},
}
OF_STACKED = {
    "modes": (".0f", "combinations of three digits, of 1000, with at least one sample; noise shows many, too"),
    "reverse KL": (".4f", "nats, from equal shares of the modes; does not say how well the digits are drawn"),
    "surer than .9": (".3f", "share of channels whose digit is clear to the classifier; others are often ragged"),
}
OF_POINTS = {
    "modes": (".0f", "modes with at least one sample within 3 standard deviations"),
    "high quality": (".3f", "share of samples within 3 standard deviations of a mode; one mode will do"),
    "reverse KL": (".4f", "nats, from equal shares of the modes; ignores samples far from all modes"),
    "sigma ratio": (".3f", "spread around the modes, over that of the data; below 1: too little variety"),
}


class Images(frechet.Judge):
    """The figures of images with labels."""

    kinds, n = OF_IMAGES, N_IMAGES

    def __init__(self, train, test):
        super().__init__(train, test)
        self.data, self.most = f"{train.note}; {len(self.test)} test images", self.held

    def columns(self, x):
        """column -> its figures, one by one: of samples x (N, n_x) in -1..1, of N training images, of noise."""
        real, noise = self.real(len(x)), self.noise(len(x))
        some = self.test[:: max(1, len(self.test) // 1000)]
        return {
            "samples": self.figures(x, x),
            "real": self.figures(real, some, self.sure if self.train.has_classes else None),
            "noise": self.figures(noise, noise),
        }

    def figures(self, x, unseen, sure=None):
        """Yield the name and value of each figure of samples x, and the share of each class.

        If x is training images, two figures must come from test images, which the classifier has not learned and which
        are not in the training data. unseen: those to look for in the training data; else x itself. sure: the share of
        those of which the classifier is sure; by default that of x.
        """
        s = self.score(x)
        yield "Frechet distance", s.distance
        yield from neighbours.score(self.eyes.features(x), self.features)._asdict().items()
        yield "confidence", s.confidence
        yield "surer than .9", s.sure if sure is None else sure
        yield "KL of the classes", sum(p * math.log(max(p, 1e-9) * len(s.shares)) for p in s.shares)
        yield "shares", s.shares
        yield "Parzen log-likelihood", self.parzen(x)
        yield "nearest in training", self.nearest(unseen)

    def parzen(self, x):
        """The Parzen log-likelihood of the test images, with the samples x as centres."""
        validation = self.train.batch(slice(self.held, self.held + 1000))
        return parzen.score(*((a + 1.0) * 0.5 for a in (x, validation, self.test))).mean

    def nearest(self, x):
        """The 10th percentile of the distances of 1,000 samples x to the nearest training image."""
        return float(np.quantile(neighbours.nearest(x[:1000], self.train)[1], 0.1))


class Unlabelled(Images):
    """The figures of images without labels: those that need no classifier."""

    kinds = OF_UNLABELLED

    def figures(self, x, unseen, _=None):
        """Yield the name and value of each figure of samples x. unseen: see Images."""
        yield "Frechet, untrained", self.distance(x)
        yield from neighbours.score(self.eyes.features(x), self.features)._asdict().items()
        yield "diversity", spread(x) / spread(self.test)
        yield "Parzen log-likelihood", self.parzen(x)
        yield "nearest in training", self.nearest(unseen)


def spread(x):
    """The root of half the mean squared distance between two of the samples x (N, n_x)."""
    return float(np.sqrt(x.var(axis=0).sum()))


class StackedDigits:
    """The figures of stacked digits. Real ones are stacked from test digits, which the classifier has not learned."""

    kinds, n, most = OF_STACKED, N_STACKED, None

    def __init__(self, train, test):
        judge = frechet.Judge(train.digits, test.digits)
        self.train, self.test, self.classifier, self.about = train, test, judge.eyes, judge.about
        self.data = f"{train.note}; {len(test.digits.x)} test digits"

    def columns(self, x):
        """column -> its figures, one by one: of samples x (N, n_x) in -1..1, of N real images, of noise."""
        columns = {"samples": [x], "real": self.real(len(x)), "noise": self.noise(len(x))}
        return {name: self.figures(parts) for name, parts in columns.items()}

    def figures(self, parts):
        """Yield the name and value of each figure of the images in the parts, arrays (N, n_x) in -1..1."""
        s = self.score(parts)
        yield from zip(self.kinds, (s.found, s.reverse_kl, s.sure), strict=True)

    def score(self, parts):
        """The StackedScore of the images in the parts, arrays (N, n_x) in -1..1."""
        return modes.score_stacked(parts, self.classifier)

    def real(self, n):
        """Yield n images that are stacked from test digits, 1,000 at a time: 26,000 together would take 245 MB."""
        for start in range(0, n, 1000):
            yield self.test.batch(slice(start, min(start + 1000, n)))

    def noise(self, n):
        """Yield n images of noise, clipped to -1..1, 1,000 at a time."""
        rng = np.random.default_rng(0)
        for start in range(0, n, 1000):
            noise = rng.standard_normal((min(1000, n - start), self.train.n_x), dtype=np.float32)
            yield np.clip(noise, -1.0, 1.0, out=noise)


class Points:
    """The figures of points around known modes: the ring and the grid."""

    kinds, n, most, about = OF_POINTS, N_POINTS, None, "the known modes of the data and the spread around them"

    def __init__(self, name):
        self.name = self.data = name

    def columns(self, x):
        """column -> its figures, one by one: of samples x (N, 2), of N real points, of noise."""
        real, _ = getattr(toy, self.name)(len(x), seed=1)
        noise = real.std() * np.random.default_rng(0).standard_normal(x.shape)
        return {name: self.figures(a) for name, a in (("samples", x), ("real", real), ("noise", noise))}

    def figures(self, x):
        """Yield the name and value of each figure of points x."""
        s = modes.score(x, self.name)
        yield from zip(self.kinds, (s.found, s.high_quality, s.reverse_kl, s.sigma_ratio), strict=True)


def judge_for(shape, settings, data=None):
    """What measures samples of this shape: Images, Unlabelled, StackedDigits or Points, of the settings' data.

    data: that Dataset, if it has been loaded already.
    Raises ArgumentError if the samples and the data do not match, DataError if the data cannot be loaded.
    """
    if shape == (2,):
        if settings.data not in toy.STD:
            raise ArgumentError("points can only be compared with --data ring or --data grid, whose modes are known.")
        return Points(settings.data)
    train, test = split(data or load(settings.data, **settings.of_data))
    if train.shape != shape:
        mine, theirs = ("x".join(map(str, s)) for s in (shape, train.shape))
        raise ArgumentError(f"the samples are {mine}, but those of {train.name} are {theirs}; give another --data.")
    if train.name == "stacked":
        return StackedDigits(train, test)
    return Images(train, test) if train.has_classes else Unlabelled(train, test)


def measure(judge, x):
    """The table of samples x: column -> figure -> value. Shows a progress bar in a terminal."""
    from tqdm import tqdm

    columns, table = judge.columns(x), {}  # type: tuple[dict, dict]
    with tqdm(total=len(columns) * len(judge.kinds), leave=False, mininterval=0.5, disable=None) as bar:
        for column, figures in columns.items():
            table[column] = {}
            for name, value in figures:
                table[column][name] = value
                bar.update(name in judge.kinds)
    return table


def as_text(table, judge):
    """The table as lines: one figure each, with what it can tell."""
    lines = [" " * 22 + "".join(f"{column:>10}" for column in table)]
    for name, (form, words) in judge.kinds.items():
        values = "".join(f"{table[column][name]:>10{form}}" for column in table)
        lines.append(f"{name:<22}{values}  {words}")
    shares = table["samples"].get("shares")
    if shares:
        parts = [f"{100.0 * share:.1f}" for share in shares[:SHOWN]]
        names = judge.train.classes
        some = ", ".join(map("{} % {}".format, parts, names)) if names else f"{' '.join(parts)} %"
        lines.append(f"share of each class   {some}" + f" and {len(shares) - SHOWN} more" * (len(shares) > SHOWN))
    return "\n".join(lines)
