"""Pictures: grids of samples (Pillow), points in the plane and the curves of a run (Matplotlib).

Both libraries are imported only when they are needed.
"""

import math

import numpy as np

from minigan.ground.errors import CheckpointError

ZOOM = 2  # screen pixels per pixel of a sample; without it 28 x 28 would be tiny


def to_unit(x, shape):
    """Samples x (N, n_x) in -1..1 as images (N, *shape), float32 in 0..1."""
    return np.clip((x.reshape(len(x), *shape) + 1.0) * 0.5, 0.0, 1.0).astype(np.float32)


def save_samples(path, x, shape, real=None, columns=None):
    """Write samples x (N, n_x) to path: images as a grid, points (N, 2) as a scatter plot over real points."""
    if len(shape) > 1:
        save_grid(path, to_unit(x, shape), columns)
    else:
        save_points(path, x, real)


def save_grid(path, images, columns=None):
    """Write images, with values in 0..1, as one picture; see `sheet`."""
    picture(images, columns).save(path)


def picture(images, columns=None):
    """Images, with values in 0..1, as one picture (Pillow); see `sheet`."""
    from PIL import Image

    pixels = np.rint(255.0 * np.clip(sheet(images, columns), 0.0, 1.0)).astype(np.uint8)
    return Image.fromarray(pixels.repeat(ZOOM, axis=0).repeat(ZOOM, axis=1))


def of_training(run):
    """Yield (epoch, picture) for each picture of samples in the folder of a run. Raises CheckpointError."""
    from PIL import Image

    for path in sorted((run / "samples").glob("epoch_[0-9]*.png")):
        try:
            with Image.open(path) as picture:
                picture.load()
        except (OSError, SyntaxError):
            raise CheckpointError(f"{path} is not a complete picture; move it away to continue without it.") from None
        yield int(path.stem.removeprefix("epoch_")), picture


def save_gif(path, pictures, fps):
    """Write pictures (Pillow) one after the other as a GIF that repeats forever. Returns their number."""
    first, *others = (p.convert("RGB").quantize(256 if p.mode == "RGB" else 32) for p in pictures)  # RGB: in colour
    first.save(path, save_all=True, append_images=others, duration=round(1000 / fps), loop=0)
    return 1 + len(others)


def sheet(images, columns=None):
    """Arrange images in one, in reading order with margins, as square as possible by default.

    images: (N, height, width) if they are grey, (N, height, width, 3) in colour.
    """
    n, height, width, *channels = images.shape
    columns = columns or math.ceil(math.sqrt(n))
    rows = math.ceil(n / columns)
    height, width = height + 2, width + 2
    padded = np.zeros((rows * columns, height, width, *channels), np.float32)
    padded[:n, 1:-1, 1:-1] = images
    grid = padded.reshape(rows, columns, height, width, *channels).swapaxes(1, 2)
    return grid.reshape(rows * height, columns * width, *channels)


def save_points(path, x, real=None):
    """Write points (N, 2) as a scatter plot, over real points in grey if there are any."""
    figure = _figure(5, 5)
    axes = figure.add_subplot(aspect="equal")
    if real is not None:
        axes.plot(*real.T, ".", color="0.8", markersize=2, label="real")
        limit = 1.25 * float(np.abs(real).max()) or 1.0
        axes.set(xlim=(-limit, limit), ylim=(-limit, limit))
    axes.plot(*x.T, ".", color="tab:red", markersize=2, label="generated")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    figure.savefig(path, dpi=100)


def save_curves(path, rows, probable, floor=None):
    """Draw the curves of a run over its epochs: the losses, D's mean answers, and the distance if it was measured.

    rows: of metrics.csv, each a dict: column -> number. probable: whether D's answers are probabilities. floor: the
    distance of real images.
    """
    values = {name: [row[name] for row in rows] for name in ("epoch", "d_loss", "g_loss", "d_real", "d_fake")}
    answer = "D's mean answer; 1 is real, at a draw both are 1/2" if probable else "D's mean score; higher is more real"
    distance = [(row["epoch"], row["distance"]) for row in rows if "distance" in row]
    figure = _figure(8, 7 if distance else 5)
    losses, scores, *rest = figure.subplots(3 if distance else 2, 1, sharex=True)
    for axes, names, title in ((losses, ("d_loss", "g_loss"), "loss"), (scores, ("d_real", "d_fake"), answer)):
        for name in names:
            label = {"d_real": "D(x)", "d_fake": "D(G(z))"}.get(name, name)
            axes.plot(values["epoch"], values[name], label=label, linewidth=1)
        axes.set_title(title, fontsize=10)
        axes.legend()
        axes.grid(alpha=0.3)
    scores.set(ylim=(0, 1) if probable else None)
    for axes in rest:
        axes.plot(*zip(*distance, strict=True), "o-", color="tab:green", markersize=3, linewidth=1, label="samples")
        axes.axhline(floor, color="0.5", linestyle="--", linewidth=1, label="training images")
        axes.set_yscale("log")
        axes.set_title("Frechet distance from the test images: stop where it no longer falls", fontsize=10)
        axes.legend()
        axes.grid(alpha=0.3)
    (rest or [scores])[-1].set_xlabel("epoch")
    figure.savefig(path, dpi=100)


def _figure(width, height):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)  # no pyplot: no window system is touched
    return figure
