"""How good are the samples? python -m minigan.evaluate RUN|SAMPLES.npy [--json]

Every figure stands beside the same figure of real images and of noise, with what it can tell, and what it cannot.
"""

import json
import math
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from minigan import cli
from minigan.data import from_file, load, split, toy
from minigan.errors import ArgumentError
from minigan.metrics import frechet, modes, neighbours, parzen
from minigan.recipes.sampling import draw_samples
from minigan.recipes.settings import Settings
from minigan.runs import images
from minigan.runs.load import load_generator

N_IMAGES, N_POINTS = 10_000, 2500  # as the papers take
OF_IMAGES = {  # figure -> (its format, what it can tell, and what it cannot)
    "Frechet distance": (".2f", "0 is best; counts wrong strokes and missing digits, not copies"),
    "precision": (".3f", "share of samples among real ones; one digit over and over has it"),
    "recall": (".3f", "share of real ones among samples; a few wide outliers have it, too"),
    "density": (".3f", "how many real ones are near; above 1: often too much in the middle"),
    "coverage": (".3f", "share of real ones with a sample near; grows with their number"),
    "confidence": (".3f", "of the classifier in its likeliest class; nonsense can have it"),
    "KL of the digits": (".4f", "nats, from equal shares; of a run that is told labels, as they were"),
    "Parzen log-likelihood": (".1f", "nats, as in 2014; higher is better, but blur is higher still"),
    "nearest in training": (".2f", "a tenth are nearer than that; 0 are copies; real: of test images"),
}
OF_POINTS = {
    "modes": (".0f", "with a sample within 3 standard deviations; one is enough"),
    "high quality": (".3f", "share of samples that near to a mode; all near one will do"),
    "reverse KL": (".4f", "nats, from equal shares of the modes; strays do not count"),
    "sigma ratio": (".3f", "spread around a mode over the data's; below 1: too much alike"),
}


class Images(frechet.Judge):
    """The figures of images."""

    kinds, n = OF_IMAGES, N_IMAGES

    def __init__(self, train, test):
        super().__init__(train, test)
        self.data, self.most = f"{train.note}; {len(self.test)} test images", self.held
        right = f"{100.0 * self.accuracy:.2f} % right on the test images"
        self.about = f"a classifier, {right}, weights {self.classifier.hash}"

    def columns(self, x):
        """Of samples x (N, n_x) in -1..1, as many training images, as much noise: name -> the figures, one by one."""
        real, noise = self.real(len(x)), self.noise(len(x))
        some = self.test[:: max(1, len(self.test) // 1000)]
        return {"samples": self.figures(x, x), "real": self.figures(real, some), "noise": self.figures(noise, noise)}

    def figures(self, x, unseen):
        """Yield the name and value of each figure of samples x, and the shares of the digits.

        unseen: what to look for among the training images: x, or test images where x is training images.
        """
        s = self.score(x)
        yield "Frechet distance", s.distance
        yield from neighbours.score(self.classifier.features(x), self.features)._asdict().items()
        yield "confidence", s.confidence
        yield "KL of the digits", sum(p * math.log(max(p, 1e-9) * len(s.shares)) for p in s.shares)
        yield "digits", s.shares
        validation = self.train.batch(slice(self.held, self.held + 1000))
        yield "Parzen log-likelihood", parzen.score(*((a + 1.0) * 0.5 for a in (x, validation, self.test))).mean
        yield "nearest in training", float(np.quantile(neighbours.nearest(unseen[:1000], self.train.x)[1], 0.1))


class Points:
    """The figures of points around known modes: the ring, the grid."""

    kinds, n, most, about = OF_POINTS, N_POINTS, None, "the modes, and the spread around them, that the data has"

    def __init__(self, name):
        self.name = self.data = name

    def columns(self, x):
        real, _ = getattr(toy, self.name)(len(x), seed=1)
        noise = real.std() * np.random.default_rng(0).standard_normal(x.shape)
        return {name: self.figures(a) for name, a in (("samples", x), ("real", real), ("noise", noise))}

    def figures(self, x):
        s = modes.score(x, self.name)
        yield from zip(self.kinds, (s.found, s.high_quality, s.reverse_kl, s.sigma_ratio), strict=True)


def judge_of(shape, settings):
    """What samples of this shape are to be measured against. Raises ArgumentError, DataError."""
    if shape == (2,):
        if settings.data not in toy.STD:
            raise ArgumentError("of points only --data ring and --data grid have modes that are known.")
        return Points(settings.data)
    where = settings.data_dir, settings.seed, settings.vary
    train, test = split(load(settings.data, *where), *where)
    if train.shape != shape:
        words = ["x".join(map(str, s)) for s in (shape, train.shape)]
        raise ArgumentError(f"the samples are {words[0]}, but those of {train.name} {words[1]}; give another --data.")
    return Images(train, test)


def judged(given):
    """(what samples are measured against, samples (N, n_x), in -1..1 if they are images)."""
    if given.samples.suffix.lower() == ".npy":
        G, settings, made = None, Settings(), from_file(given.samples)
    else:
        G, settings, made = load_generator(given.samples)
    settings = replace(settings, data=given.data or settings.data, data_dir=given.data_dir or settings.data_dir)
    judge = judge_of(made.shape, settings)
    n = min(given.n or judge.n, judge.most or sys.maxsize)
    if G is None:
        rows = np.arange(len(made.x))
        return judge, made.batch(np.random.default_rng(given.seed).permutation(rows)[:n] if len(rows) > n else rows)
    known = settings.conditional and isinstance(judge, Images) and made.n_classes == judge.train.n_classes
    return judge, draw_samples(settings, made, G, n, given.seed, judge.train.some_labels(n) if known else None)


def main():
    parser = cli.Parser("python -m minigan.evaluate", "How good samples are, beside real ones and noise.")
    parser.add_argument("samples", type=Path, help="folder of a run, a checkpoint, or a .npy of images or points")
    parser.add_argument("-n", type=cli.whole(10), help="how many samples (default: 10000 images, 2500 points)")
    parser.add_argument("--seed", type=cli.whole(0), default=0, help="of the samples that a run draws (default: 0)")
    parser.add_argument("--data", help="what they should be like (default: what the run was trained on; auto)")
    parser.add_argument("--data-dir", help="folder that holds MNIST's files")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument(
        "--out", type=cli.output(".png"), default=Path("nearest.png"), help="picture of samples, under each the 3 "
        "training images nearest to it (default: nearest.png)"
    )  # fmt: skip
    given = parser.parse_args()
    judge, x = judged(given)
    if len(x) < 10:
        raise ArgumentError(f"{given.samples} holds {len(x)} samples; at least 10 can be evaluated, better 10000.")
    table = evaluate(judge, x)
    if given.json:
        table = {c: {k: v if v == v else None for k, v in figures.items()} for c, figures in table.items()}  # no NaN
        about = {"n": len(x), "samples": str(given.samples), "data": judge.data, "judge": judge.about}
        print(json.dumps(about | {"figures": table}, indent=2))
    else:
        print(f"samples  {len(x)} of {given.samples}")
        print(f"data     {judge.data}")
        print(f"judge    {judge.about}\n")
        print(as_text(table, judge.kinds), end="\n\n")
    if isinstance(judge, Images):
        save_nearest(given.out, x, judge.train)
        print(f"nearest  {given.out}: samples, under each the 3 training images nearest to it", file=sys.stderr)


def evaluate(judge, x):
    """column -> figure -> value, with a progress bar."""
    from tqdm import tqdm

    columns, table = judge.columns(x), {}  # type: tuple[dict, dict]
    with tqdm(total=len(columns) * len(judge.kinds), leave=False, mininterval=0.5, disable=None) as bar:
        for column, figures in columns.items():
            table[column] = {}
            for name, value in figures:
                table[column][name] = value
                bar.update(name in judge.kinds)
    return table


def as_text(table, kinds):
    """The table as lines, a figure each, with what it can tell."""
    lines = [" " * 22 + "".join(f"{column:>10}" for column in table)]
    for name, (form, words) in kinds.items():
        values = "".join(f"{table[column][name]:>10{form}}" for column in table)
        lines.append(f"{name:<22}{values}  {words}")
    digits = table["samples"].get("digits")
    if digits:
        lines.append("share of each digit   " + " ".join(f"{100.0 * share:.1f}" for share in digits) + " %")
    return "\n".join(lines)


def save_nearest(path, x, train):
    index, _ = neighbours.nearest(x[:20], train.x, 3)
    rows = [train.batch(near) for near in index.T]
    grid = [a[i : i + 10] for i in (0, 10) for a in (x[:20], *rows)]
    images.save_grid(path, images.to_unit(np.concatenate(grid), train.shape), columns=10)


if __name__ == "__main__":
    cli.main(main)
