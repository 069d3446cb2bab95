"""Each kind of picture file becomes the right pixels."""

import numpy as np
import pytest
from PIL import Image

from minigan.data import picture as module
from minigan.data.picture import endings, formats, read_picture, why

RED, GREEN, BLUE, BLACK = (255, 0, 0), (0, 200, 0), (0, 0, 255), (0, 0, 0)


def quarters(width=60, height=60):
    """A picture whose quarters are red, green, blue and black, from left to right and from top to bottom."""
    pixels = np.zeros((height, width, 3), np.uint8)
    for part, (y, x) in zip((RED, GREEN, BLUE), ((0, 0), (0, 1), (1, 0)), strict=True):
        pixels[y * height // 2 : (y + 1) * height // 2, x * width // 2 : (x + 1) * width // 2] = part
    return Image.fromarray(pixels)


def corners(pixels):
    """The pixels near the corners of an image, in the order of `quarters`."""
    return [pixels[y, x].astype(int) for y in (2, -3) for x in (2, -3)]


def exif(orientation):
    found = Image.Exif()
    found[0x0112] = orientation
    return found


TRANSPARENT = quarters().convert("RGBA")
TRANSPARENT.paste((9, 9, 9, 0), (0, 0, 30, 30))
GREYS = [(v, v, v) for v in (255, 128, 64, 0)]
DEEP = np.kron([[65535, 32768], [16384, 0]], np.ones((30, 30)))
TURNED = quarters().transpose(Image.Transpose.ROTATE_270)  # how it must be shown
WHITE_CORNER = [(255, 255, 255), GREEN, BLUE, BLACK]
KINDS = {  # name of the file -> (picture, how to save it, its corners in colour, what is said about it)
    "a.png": (quarters(), {}, None, []),
    "a.jpg": (quarters(), {"quality": 95}, None, []),
    "a.JPEG": (quarters(600, 600), {"quality": 95}, None, []),
    "a.bmp": (quarters(), {}, None, []),
    "a.gif": (quarters(), {}, None, []),
    "a.webp": (quarters(), {"lossless": True}, None, []),
    "a.tif": (quarters(), {}, None, []),
    "a.ppm": (quarters(), {}, None, []),
    "wide.png": (quarters(120, 60), {}, None, ["cropped to squares"]),
    "tall.jpg": (quarters(60, 200), {"quality": 95}, None, ["cropped to squares"]),
    "small.png": (quarters(8, 8), {}, None, []),
    "moving.gif": (quarters(), {"save_all": True, "append_images": [quarters().rotate(90)]}, None, []),
    "palette.png": (quarters().quantize(8), {}, None, []),
    "cmyk.jpg": (quarters().convert("CMYK"), {"quality": 95}, None, ["converted from CMYK"]),
    "clear.png": (TRANSPARENT, {}, WHITE_CORNER, ["laid on white"]),
    "clear.webp": (TRANSPARENT, {"lossless": True}, WHITE_CORNER, ["laid on white"]),
    "clear.gif": (TRANSPARENT, {}, WHITE_CORNER, ["laid on white"]),
    "opaque.png": (quarters().convert("RGBA"), {}, None, []),
    "turned.jpg": (quarters(), {"exif": exif(6), "quality": 95}, corners(np.asarray(TURNED)), ["turned as EXIF says"]),
    "turned.png": (quarters(), {"exif": exif(6)}, corners(np.asarray(TURNED)), ["turned as EXIF says"]),
    "turned.webp": (quarters(), {"exif": exif(6), "lossless": True}, corners(np.asarray(TURNED)),
                    ["turned as EXIF says"]),
    "turned.tif": (quarters(120, 60), {"exif": exif(6)}, corners(np.asarray(TURNED)),
                   ["cropped to squares"]),  # Pillow itself has turned it
    "16.png": (Image.fromarray(DEEP.astype(np.uint16)), {}, GREYS, ["scaled to 8 bits"]),
    "16.tif": (Image.fromarray(DEEP.astype(np.uint16)), {}, GREYS, ["scaled to 8 bits"]),
    "float.tif": (Image.fromarray((DEEP / 65535).astype(np.float32)), {}, GREYS, ["scaled to 8 bits"]),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_of_picture_becomes_the_right_pixels(tmp_path, name):
    picture, how, right, said = KINDS[name]
    picture.save(tmp_path / name, **how)
    pixels, done = read_picture(tmp_path / name, 28, True, formats())
    right = [RED, GREEN, BLUE, BLACK] if right is None else right
    assert (pixels.shape, pixels.dtype, done) == ((28, 28, 3), np.uint8, said)
    assert np.abs(np.array(corners(pixels)) - right).max() <= 4
    grey, _ = read_picture(tmp_path / name, 28, False, formats())
    luma = np.array(right) @ [0.299, 0.587, 0.114]
    assert grey.shape == (28, 28) and np.abs(np.array(corners(grey)) - luma).max() <= 4


def test_resampling_averages_all_pixels(tmp_path):
    """Lines of one pixel become grey. Taking single pixels would make some of them black and others white."""
    lines = np.tile(np.array([0, 255], np.uint8), (280, 140))
    Image.fromarray(lines).save(tmp_path / "lines.png")
    pixels, _ = read_picture(tmp_path / "lines.png", 28, False, formats())
    assert np.abs(pixels[:, 2:-2].astype(int) - 128).max() <= 2


@pytest.mark.parametrize("side", [250, 400, 900])
def test_a_jpeg_that_is_decoded_smaller_is_as_sharp_as_a_png(tmp_path, rng, side):
    blocks = Image.fromarray(rng.integers(0, 256, (28, 28, 3)).astype(np.uint8))
    large = blocks.resize((side, side), Image.Resampling.NEAREST)
    large.save(tmp_path / "a.png")
    large.save(tmp_path / "a.jpg", quality=98, subsampling=0)
    png, jpg = (read_picture(tmp_path / f"a.{kind}", 28, True, formats())[0].astype(int) for kind in ("png", "jpg"))
    assert np.abs(png - jpg).mean() < 6.0


def test_pictures_of_the_smallest_size_are_read(tmp_path):
    quarters(4, 4).save(tmp_path / "a.png")
    pixels, _ = read_picture(tmp_path / "a.png", 28, True, formats())
    assert np.abs(np.array(corners(pixels)) - [RED, GREEN, BLUE, BLACK]).max() < 30


def test_turned_and_cropped_keeps_the_middle(tmp_path):
    picture = quarters(120, 60)
    picture.paste((255, 255, 255), (0, 0, 20, 60))  # outside the square in the middle
    picture.save(tmp_path / "both.png", exif=exif(3))
    pixels, done = read_picture(tmp_path / "both.png", 28, True, formats())
    assert done == ["cropped to squares", "turned as EXIF says"]
    assert np.abs(np.array(corners(pixels)) - [BLACK, BLUE, GREEN, RED]).max() <= 2


def read(path, image, *args, colour=True, **how):
    """(pixels of 28 x 28, what was done) of an image that is saved at path."""
    image.save(path, *args, **how)
    return read_picture(path, 28, colour, formats())


@pytest.mark.parametrize(("width", "height"), [(91, 60), (60, 91), (61, 61), (28, 28), (9, 4)])
def test_the_square_in_the_middle_is_resampled(tmp_path, rng, width, height):
    pixels = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
    side, left, top = min(width, height), max(width - height, 0) / 2, max(height - width, 0) / 2
    box = left, top, left + side, top + side
    for colour, mode in ((True, "RGB"), (False, "L")):
        right = Image.fromarray(pixels).convert(mode).resize((28, 28), Image.Resampling.BICUBIC, box, 3.0)
        found, done = read(tmp_path / "a.png", Image.fromarray(pixels), colour=colour)
        np.testing.assert_array_equal(found, np.asarray(right))
        assert done == (["cropped to squares"] if width != height else [])


@pytest.mark.parametrize("size", [(120, 120), (250, 300), (500, 450), (900, 300), (300, 900), (900, 900)])
def test_a_jpeg_is_decoded_at_the_smallest_size_that_is_at_least_four_times_the_result(tmp_path, rng, size):
    pixels = rng.integers(0, 256, (size[1] // 10, size[0] // 10, 3)).astype(np.uint8)
    found, _ = read(tmp_path / "a.jpg", Image.fromarray(pixels).resize(size))
    scale = max(scale for scale in (1, 2, 4, 8) if min(size) // scale >= 4 * 28)
    with Image.open(tmp_path / "a.jpg") as image:
        image.draft("RGB", (size[0] // scale, size[1] // scale))
        width, height = image.size
        left, top = max(width - height, 0) / 2, max(height - width, 0) / 2
        box = left, top, width - left, height - top
        right = image.resize((28, 28), Image.Resampling.BICUBIC, box, 3.0)
    np.testing.assert_array_equal(found, np.asarray(right))


def test_damaged_exif_data_turn_nothing(tmp_path):
    pixels, done = read(tmp_path / "a.jpg", quarters(), quality=95, exif=b"Exif\0\0XXXXXXXXXXXXXXXX")
    assert np.abs(np.array(corners(pixels)) - [RED, GREEN, BLUE, BLACK]).max() <= 4 and done == []


MODES = {"1": [], "L": [], "P": [], "RGB": [], "RGBA": ["laid on white"], "LA": ["laid on white"], "CMYK":
         ["converted from CMYK"], "I;16": ["scaled to 8 bits"], "I": ["scaled to 8 bits"],
         "F": ["scaled to 8 bits"]}  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("colour", [True, False])
def test_every_mode_of_pillow_is_read(tmp_path, mode, colour):
    ramp = np.tile(np.arange(0, 252, 9, dtype=np.uint8), (28, 1))
    grey, right = Image.fromarray(ramp), ramp
    if mode == "F":
        image = Image.fromarray(ramp.astype(np.float32) / 255)
    elif mode.startswith("I"):
        image = Image.fromarray(ramp.astype(np.uint16 if mode == "I;16" else np.int32) * 257)
    elif mode == "1":
        image, right = Image.fromarray(ramp > 100), 255 * (ramp > 100)
    elif mode.endswith("A"):
        image, alpha = grey.convert(mode), 51 * (np.arange(28) % 6)
        image.putalpha(Image.fromarray(np.tile(alpha.astype(np.uint8), (28, 1))))
        right = 255 + (ramp - 255.0) * alpha / 255
    else:
        image = grey.quantize() if mode == "P" else grey.convert("RGB").convert(mode)
    assert image.mode == mode
    found, done = read(tmp_path / "a", image, "TIFF", colour=colour)
    assert np.abs(found - (right[..., None] if colour else right).astype(float)).max() <= 1 and done == MODES[mode]


def test_deep_values_are_rounded_to_the_nearest_of_256(tmp_path):
    deep = np.arange(28 * 28).reshape(28, 28) * 83
    for values, most in ((deep.astype(np.int32), 65535), (np.float32(deep / 65535), 1.0)):
        found, _ = read(tmp_path / "a.tif", Image.fromarray(values))
        np.testing.assert_array_equal(found[..., 0], np.floor(255 * (values.astype(float) / most) + 0.5))
        found, _ = read(tmp_path / "a.tif", Image.fromarray(np.full_like(values, most)))
        assert (found == 255).all()


def unusable(path, image, *args):
    with pytest.raises(ValueError) as error:
        read(path, image, *args)
    return why(error.value)


def test_values_outside_of_their_range_and_odd_colours_are_errors(tmp_path):
    ramp = np.linspace(0.0, 1.0, 64, dtype=np.float32).reshape(8, 8)
    for values in (1.001 * ramp, ramp - 0.001, -ramp, np.where(ramp > 0.5, np.nan, ramp)):
        assert "values" in unusable(tmp_path / "a.tif", Image.fromarray(values.astype(np.float32)))
    for values in (np.int32(65536 * ramp), np.int32(-1 * ramp)):
        assert "not from 0 to 65535" in unusable(tmp_path / "a.tif", Image.fromarray(values))
    assert unusable(tmp_path / "a", quarters().convert("LAB"), "TIFF") == "colours of the kind LAB are unknown"


def test_a_picture_has_at_least_4_pixels_on_each_side_and_not_more_than_can_be_held(tmp_path, monkeypatch):
    for shape in ((3, 9), (9, 3)):
        assert unusable(tmp_path / "a.png", quarters(*shape)) == f"{shape[0]}x{shape[1]} pixels are too few"
    monkeypatch.setattr(module, "MOST_PIXELS", 100)
    assert unusable(tmp_path / "a.png", quarters(10, 11)) == module.TOO_LARGE
    assert read(tmp_path / "a.png", quarters(10, 10))[1] == []


def test_the_reason_is_short_and_plain():
    assert why(Image.DecompressionBombError("...")) == module.TOO_LARGE
    assert why(OSError(2, "No such file")) == "No such file"
    assert why(ValueError("no\nluck")) == "no luck" and len(why(ValueError("x" * 999))) < 100


def test_pillows_own_formats_are_read_but_none_that_starts_a_program():
    assert {"PNG", "JPEG", "GIF", "WEBP", "TIFF"} <= set(formats()) and not {"EPS", "WMF"} & set(formats())
    assert {".png", ".jpg", ".jpeg", ".gif"} <= endings() and not {".eps", ".wmf", ".pdf"} & endings()
