"""The report: one HTML page for a run, in a single file that opens offline.

page.html is the page. What is put into it here is one JSON object: metrics, pictures, notes and the weights of G.
"""

import base64
import io
import json
from importlib import resources
from math import isfinite
from typing import Any

import numpy as np

from minigan.data import load
from minigan.ground.errors import DataError
from minigan.metrics import neighbours
from minigan.nn.batchnorm import BatchNorm
from minigan.nn.layers import Dense
from minigan.recipes.sampling import draw_samples
from minigan.recipes.text import command
from minigan.runs import checkpoint, diagnosis, images, metrics
from minigan.runs.folder import replacing
from minigan.runs.load import load_generator

LETTERS = "".join(chr(c) for c in range(33, 127) if chr(c) not in '"\\<')  # the 91 that need no escape in JSON or HTML
LARGEST = len(LETTERS) ** 2 // 2  # two letters write a whole number from -LARGEST to LARGEST
FRAMES = 25  # the most pictures of the training that the page holds, spread over its epochs
NAME = "report.html"
CHARTS: list[dict[str, Any]] = [
    {"title": "Losses", "series": {"d_loss": "D", "g_loss": "G"}},
    {"title": "D's mean output", "series": {"d_real": "on real samples", "d_fake": "on fake samples"}},
    {
        "title": "D's accuracy, G's diversity",
        "bounds": [0, 1],
        "series": {"d_accuracy": "pairs that D ranks correctly", "diversity": "diversity of G"},
    },
    {"title": "Norm of the gradient", "log": True, "series": {"d_gradient": "D", "g_gradient": "G"}},
    {"title": "Norm of the weights", "series": {"d_weights": "D", "g_weights": "G"}},
    {
        "title": "Dead units, saturated pixels",
        "bounds": [0, 1],
        "series": {"d_dead": "D", "g_dead": "G", "saturated": "pixels"},
    },
    {"title": "Frechet distance to the test images", "log": True, "series": {"distance": "samples"}},
]


def write(run, data=None):
    """Write report.html into the folder of a run. data: the training data, if it has been loaded already.

    Raises CheckpointError if the run cannot be read.
    """
    template = resources.files("minigan.runs").joinpath("page.html").read_text(encoding="utf-8")
    text = json.dumps(content(run, data), separators=(",", ":")).replace("<", "\\u003c")  # "</script>" would end it
    with replacing(run / NAME) as file:
        file.write(template.replace("RUN</script>", text + "</script>"))


def content(run, data):
    """Everything that the page shows, as an object for JSON."""
    rows = metrics.read(run / "metrics.csv")
    G, settings, made = load_generator(run)
    _, meta = checkpoint.load(run)
    if data is None:
        try:
            data = load(settings.data, **settings.of_data)
        except DataError as error:
            note = f"{settings.data}: {error}"
    facts = {
        "run": run.resolve().name,
        "command": command(str(meta["preset"]), settings),
        "data": data.note if data else note,
        "training": f"{meta['round']} rounds in {metrics.seconds(rows):.0f} s",
        "versions": ", ".join(f"{name} {text}" for name, text in dict(meta["environment"]).items()),
    }
    notes = diagnosis.notes(rows, settings)
    return {
        "facts": facts,
        "rows": [{name: value for name, value in row.items() if isfinite(value)} for row in rows],  # JSON has no nan
        "charts": [chart for chart in CHARTS if any(set(chart["series"]) & set(row) for row in rows)],
        "frames": frames(run, made.is_images),
        "notes": [{"round": note.round, "words": note.words} for note in notes],
        "verdict": diagnosis.verdict(notes) if rows else "metrics.csv has no rows yet.",
        "nearest": nearest(settings, made, G, data),
        # and what generate() in page.html needs to run G
        "layers": layers(G),
        "slope": settings.g_slope,
        "output": settings.output if made.is_images else None,
        "latent": settings.latent_dim,
        "noise": settings.noise,
        "labels": made.classes or [str(k) for k in range(made.n_classes)],
        "shape": made.shape if made.is_images else [2],
    }


def layers(G):
    """The weights of G, one matrix for each Dense layer, W above b.

    Each number is written as two letters: a whole number from -LARGEST to LARGEST, to be multiplied by the scale of
    its column. BatchNorm, which uses fixed averages by now, is folded into the layer before it.
    """
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
        letters = np.frombuffer(LETTERS.encode(), np.uint8)[np.stack(np.divmod(whole, len(LETTERS)), axis=-1)]
        made.append({"text": letters.tobytes().decode(), "scale": [float(f"{s:.6g}") for s in scale]})
    return made


def frames(run, is_images):
    """Pictures of samples during the training, at most FRAMES. Images: the upper 4 rows, unzoomed, in few shades."""
    pictures, made = list(images.of_training(run)), []
    for i in np.unique(np.linspace(0, len(pictures) - 1, min(FRAMES, len(pictures))).round().astype(int)):
        epoch, picture = pictures[i]
        if is_images:
            small = picture.reduce(images.ZOOM)
            picture = small.crop((0, 0, small.width, small.height * 4 // 10))
            picture = picture.quantize(64 if picture.mode == "RGB" else 16)
        made.append({"epoch": epoch, "picture": url(picture)})
    return made


def nearest(settings, made, G, data):
    """10 samples above the 3 training images nearest to each; None if there are no images to compare them with."""
    if data is None or not data.is_images or data.shape != made.shape:
        return None
    x = draw_samples(settings, made, G, 10)
    rows = [x, *(data.batch(near) for near in neighbours.nearest(x, data, 3)[0].T)]
    return url(images.picture(images.to_unit(np.concatenate(rows), data.shape), columns=10))


def url(picture):
    """A picture of Pillow as a data: URL."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
