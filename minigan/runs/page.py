"""One page for a run, to look at and to play with, in one file that opens offline: python -m minigan.report RUN

report.html is the page; what is put into it here is one JSON object: figures, pictures, notes, and the weights of G.
"""

import base64
import io
import json
from importlib import resources
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from minigan import cli, doctor
from minigan.data import load
from minigan.errors import DataError
from minigan.metrics import neighbours
from minigan.nn.batchnorm import BatchNorm
from minigan.nn.layers import Dense
from minigan.recipes.presets import command
from minigan.recipes.sampling import draw_samples
from minigan.runs import checkpoint, images
from minigan.runs.load import load_generator
from minigan.runs.recorder import replacing

LETTERS = "".join(chr(c) for c in range(33, 127) if chr(c) not in '"\\<')  # 91 that mean nothing to JSON or HTML
LARGEST = len(LETTERS) ** 2 // 2  # what two letters can say: -LARGEST..LARGEST
FRAMES = 25  # pictures of samples, at most, spread over the epochs
CHARTS: list[dict[str, Any]] = [
    {"title": "Losses", "series": {"d_loss": "D", "g_loss": "G"}},
    {"title": "D's mean answer", "series": {"d_real": "to real samples", "d_fake": "to G's"}},
    {
        "title": "Who wins, how varied",
        "bounds": [0, 1],
        "series": {"d_accuracy": "pairs that D ranks right", "diversity": "diversity of G"},
    },
    {"title": "Length of the gradient", "log": True, "series": {"d_gradient": "D", "g_gradient": "G"}},
    {"title": "Length of the weights", "series": {"d_weights": "D", "g_weights": "G"}},
    {
        "title": "Shares",
        "bounds": [0, 1],
        "series": {"d_dead": "dead in D", "g_dead": "dead in G", "saturated": "saturated pixels"},
    },
    {"title": "Frechet distance from the test images", "log": True, "series": {"distance": "samples"}},
]


def main():
    parser = cli.Parser("python -m minigan.report", "Make one HTML page of a run.")
    parser.add_argument("run", type=Path, help="folder of a run")
    run = parser.parse_args().run
    write(run)
    print(f"report   {run / 'report.html'}   (open it in a browser)")


def write(run, data=None):
    """Write report.html into the folder of a run; data: what it was trained on, if that has been loaded."""
    template = resources.files("minigan").joinpath("report.html").read_text(encoding="utf-8")
    text = json.dumps(content(run, data), separators=(",", ":")).replace("<", "\\u003c")  # may stand in a <script>
    with replacing(run / "report.html") as file:
        file.write(template.replace("RUN</script>", text + "</script>"))


def content(run, data):
    """What the page shows, as JSON can say it."""
    rows = doctor.read(run / "metrics.csv")
    G, settings, made = load_generator(run)
    _, meta = checkpoint.load(run)
    note = ""
    if data is None:
        try:
            data = load(settings.data, settings.data_dir, settings.seed, settings.vary)
        except DataError as error:
            note = f"{settings.data}: {error}"
    facts = {
        "run": run.resolve().name,
        "command": command(str(meta["preset"]), settings),
        "data": data.note if data else note,
        "done": f"{meta['round']} rounds in {doctor.seconds(rows):.0f} s of training",
        "versions": ", ".join(f"{name} {text}" for name, text in dict(meta["environment"]).items()),
    }
    notes = [{"round": note.round, "words": note.words} for note in doctor.notes(rows, settings)]
    finite = [{name: value for name, value in row.items() if isfinite(value)} for row in rows]  # JSON knows no others
    return {
        "facts": facts, "rows": finite, "notes": notes,
        "verdict": (doctor.ADVICE if notes else doctor.HEALTHY) if rows else "There are no figures yet.",
        "charts": [c for c in CHARTS if any(set(c["series"]) & set(row) for row in rows)],
        "frames": frames(run, made.is_images), "nearest": nearest(settings, made, G, data), "layers": layers(G),
        "slope": settings.g_slope, "output": settings.output if made.is_images else None, "latent": settings.latent_dim,
        "noise": settings.noise, "labels": made.n_classes, "shape": made.shape if made.is_images else [2],
    }  # fmt: skip


def layers(G):
    """G's weights, for each Dense layer b below W, in two letters each: whole numbers in +-LARGEST, times the scale
    of their column. BatchNorm, whose averages are fixed by now, is multiplied in."""
    weights: list = []
    for layer in G.layers:
        if isinstance(layer, Dense):
            weights.append(np.vstack([layer.W, layer.b]))
        elif isinstance(layer, BatchNorm):
            weights[-1][-1] -= layer.mean
            weights[-1] *= layer.gamma / np.sqrt(layer.var + layer.eps)
            weights[-1][-1] += layer.beta
    made = []
    for W in weights:
        scale = np.maximum(np.abs(W).max(axis=0), 1e-30) / LARGEST
        whole = np.rint(W / scale).astype(int) + LARGEST
        letters = np.array(list(LETTERS))[np.stack(np.divmod(whole, len(LETTERS)), axis=-1)]
        made.append({"text": "".join(letters.ravel()), "scale": [float(f"{s:.6g}") for s in scale]})
    return made


def frames(run, is_images):
    """Pictures of samples that the run has left: of images the upper 4 rows, in 16 shades, without the zoom."""
    pictures, made = list(images.of_training(run)), []
    for i in np.unique(np.linspace(0, len(pictures) - 1, min(FRAMES, len(pictures))).round().astype(int)):
        epoch, picture = pictures[i]
        if is_images:
            small = picture.reduce(images.ZOOM)
            picture = small.crop((0, 0, small.width, small.height * 4 // 10)).quantize(16)
        made.append({"epoch": epoch, "picture": url(picture)})
    return made


def nearest(settings, made, G, data):
    """10 samples over the 3 training images nearest to each, or None where there are no images to compare with."""
    if data is None or not data.is_images or data.shape != made.shape:
        return None
    x = draw_samples(settings, made, G, 10)
    rows = [x, *(data.batch(near) for near in neighbours.nearest(x, data.x, 3)[0].T)]
    return url(images.picture(images.to_unit(np.concatenate(rows), data.shape), columns=10))


def url(picture):
    """A picture (Pillow) as a data: URL."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


if __name__ == "__main__":
    cli.main(main)
