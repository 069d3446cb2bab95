"""One picture file becomes a small square image. Pillow reads it, and its surprises are met here."""

import contextlib

import numpy as np

from minigan.ground.errors import brief

MOST_PIXELS = 64_000_000  # of a file, because a few bytes can claim to be a picture that fills all memory
TOO_LARGE = f"it has more than {MOST_PIXELS // 10**6} million pixels"
LEAST_SIDE = 4  # pixels; fewer show nothing
MOST_DEEP = 65535  # the largest value of 16 bits
# EPS would start Ghostscript, a program that runs what is in the file. For the others Pillow has no reader of its own.
LEFT_OUT = {"EPS", "BUFR", "GRIB", "HDF5", "MPEG", "WMF"}


def formats():
    """The formats that minigan reads: all of Pillow's own."""
    from PIL import Image

    Image.init()
    return sorted(set(Image.OPEN) - LEFT_OUT)


def endings():
    """The endings of their files, in lower case: .png, .jpg and so on."""
    from PIL import Image

    known = set(formats())
    return {ending for ending, format in Image.registered_extensions().items() if format in known}


def why(error):
    """Why a file cannot be used, in words, from the exception that reading it has raised."""
    from PIL import Image, UnidentifiedImageError

    if isinstance(error, UnidentifiedImageError):
        return "no picture that Pillow knows"
    if isinstance(error, Image.DecompressionBombError):
        return TOO_LARGE
    return brief(getattr(error, "strerror", None) or error, 80)


def read_picture(path, size, colour, formats):
    """(pixels uint8, (size, size), in colour (size, size, 3); what was done to the picture, in words).

    The picture is cropped to the square in its middle and resampled: bicubic, over all pixels that fall into one. It is
    turned as its EXIF says. Transparent parts become white. Values of 16 bits, and floats in 0..1, are scaled to 8
    bits. Of an animation, the first picture is taken.

    formats: see `formats`. Raises any exception if the file cannot be read: Pillow's readers raise many classes.
    """
    from PIL import Image, ImageOps

    mode = "RGB" if colour else "L"
    with Image.open(path, formats=formats) as image:
        width, height = image.size
        if width * height > MOST_PIXELS:
            raise ValueError(TOO_LARGE)
        if min(width, height) < LEAST_SIDE:
            raise ValueError(f"{width}x{height} pixels are too few")
        image.draft(mode, (4 * size, 4 * size))  # a JPEG is decoded at a half, a quarter or an eighth of its size
        image.load()
        found, (width, height) = image.mode, image.size
        side = min(width, height)
        left, top = (width - side) / 2, (height - side) / 2
        box, bicubic = (left, top, left + side, top + side), Image.Resampling.BICUBIC
        own = _mode_to_resample(image, mode)
        whole = image if image.mode == own else image.convert(own)
        small = whole.resize((size, size), bicubic, box, reducing_gap=3.0)
    turned = small
    with contextlib.suppress(Exception):  # a picture with damaged EXIF data is still a picture
        turned = ImageOps.exif_transpose(small)
    done = {
        "cropped to squares": width != height,
        "turned as EXIF says": turned.tobytes() != small.tobytes(),
        "laid on white": small.mode == "RGBA" and np.asarray(small)[:, :, 3].min() < 255,
        "scaled to 8 bits": small.mode in ("I", "F"),
        "converted from CMYK": found == "CMYK",
    }
    if turned.mode == "RGBA":
        turned = Image.alpha_composite(Image.new("RGBA", turned.size, "white"), turned)
    elif turned.mode in ("I", "F"):
        values = np.asarray(turned, np.float32) / (MOST_DEEP if turned.mode == "I" else 1.0)
        if not np.isfinite(values).all():
            raise ValueError("some of its values are not numbers")
        turned = Image.fromarray(np.rint(255.0 * values.clip(0.0, 1.0)).astype(np.uint8))
    return np.asarray(turned.convert(mode)), [words for words, yes in done.items() if yes]


def _mode_to_resample(image, mode):
    """Pillow's mode in which this picture can be resampled without loss."""
    if image.mode == "F" or image.mode.startswith("I"):
        low, high = image.getextrema()
        most = 1 if image.mode == "F" else MOST_DEEP
        if not 0 <= low <= high <= most:
            raise ValueError(f"its values go from {low:g} to {high:g}, not from 0 to {most}")
        return "F" if image.mode == "F" else "I"
    if image.mode in ("RGBA", "RGBa", "LA", "La", "PA") or "transparency" in image.info:
        return "RGBA"
    if image.mode not in ("1", "L", "P", "RGB", "RGBX", "CMYK", "YCbCr", "HSV"):
        raise ValueError(f"colours of the kind {image.mode} are unknown")
    return mode
