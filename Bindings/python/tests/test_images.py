"""Everything that may be given as an image: the same pixels give the same bits."""

from __future__ import annotations

import contextlib
import hashlib
import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import cal
import cal._structs as s
from cal import images


def packed(value: object, **options: object) -> np.ndarray:
    """The pixels as libcal would read them, in the order of their format."""
    loaded = images.load(value, **options)
    try:
        image = loaded.image
        channels = {s.FORMAT_GRAY8: 1, s.FORMAT_RGB8: 3, s.FORMAT_BGR8: 3}.get(image.format, 4)
        stride = image.stride or image.width * channels
        assert image.size >= stride * (image.height - 1) + image.width * channels
        raw = (cal_bytes(image.pixels, image.size)).ravel()
        rows = [
            raw[row * stride : row * stride + image.width * channels] for row in range(image.height)
        ]
        return np.stack(rows).reshape(image.height, image.width, channels)
    finally:
        loaded.release()


def cal_bytes(address: int, size: int) -> np.ndarray:
    import ctypes

    return np.frombuffer(ctypes.string_at(address, size), np.uint8)


ARRAYS = st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([0, 1, 3, 4])).flatmap(
    lambda shape: st.binary(
        min_size=shape[0] * shape[1] * max(shape[2], 1),
        max_size=shape[0] * shape[1] * max(shape[2], 1),
    ).map(lambda data: np.frombuffer(data, np.uint8).reshape(shape[:2] if not shape[2] else shape))
)
VIEWS = {
    "as it is": lambda a: a,
    "flipped": lambda a: a[::-1],
    "mirrored": lambda a: a[:, ::-1],
    "every second column": lambda a: a[:, ::2],
    "every second row": lambda a: a[::2],
    "inner part": lambda a: a[: len(a), 1:] if a.shape[1] > 1 else a,
    "transposed": lambda a: a.swapaxes(0, 1),
    "Fortran": np.asfortranarray,
}


@given(ARRAYS, st.sampled_from(sorted(VIEWS)))
def test_any_view_of_an_array(array: np.ndarray, view: str) -> None:
    changed = VIEWS[view](array)
    expected = changed if changed.ndim == 3 else changed[:, :, None]
    assert np.array_equal(packed(changed), expected)


@pytest.mark.parametrize("view", ["as it is", "every second row", "inner part"])
def test_rows_are_borrowed_without_a_copy(pixels: np.ndarray, view: str) -> None:
    changed = VIEWS[view](pixels)
    loaded = images.load(changed)
    assert loaded.image.pixels == changed.__array_interface__["data"][0]
    loaded.release()


def test_a_read_only_array_is_borrowed(pixels: np.ndarray) -> None:
    frozen = pixels.copy()
    frozen.flags.writeable = False
    loaded = images.load(frozen)
    assert loaded.image.pixels == frozen.__array_interface__["data"][0]
    loaded.release()


def test_a_borrowed_bytearray_is_given_back(pixels: np.ndarray) -> None:
    memory = bytearray(pixels.tobytes())
    view = memoryview(memory).cast("B", pixels.shape)
    loaded = images.load(view)
    view.release()
    loaded.release()
    memory.append(0)  # raises BufferError while anybody holds it


def test_channel_order(pixels: np.ndarray) -> None:
    alpha = np.dstack([pixels, pixels[..., :1]])
    for array, order, format in [
        (pixels, "rgb", s.FORMAT_RGB8),
        (pixels, "bgr", s.FORMAT_BGR8),
        (alpha, "rgb", s.FORMAT_RGBA8),
        (alpha, "bgr", s.FORMAT_BGRA8),
        (pixels[..., 0], "bgr", s.FORMAT_GRAY8),
    ]:
        assert images.load(array, order=order).image.format == format


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (np.zeros((4, 4, 3), np.float32), "elements of type 'f'; they must be uint8"),
        (np.zeros((4, 4, 3), np.int8), "elements of type 'b'"),
        (np.zeros((4, 4, 2), np.uint8), r"shape \(4, 4, 2\)"),
        (np.zeros((0, 4, 3), np.uint8), "4 x 0 pixels"),
        (np.zeros((1, 32769), np.uint8), "32769 x 1 pixels"),
    ],
)
def test_unusable_arrays(array: np.ndarray, sentence: str) -> None:
    with pytest.raises(cal.CalImageError, match=sentence):
        images.load(array)


@pytest.mark.parametrize("value", [None, 7, 1.5, object(), [1, 2]])
def test_no_images(value: object) -> None:
    with pytest.raises(TypeError, match="is not an image: give a uint8 array"):
        images.load(value)


# Files and PIL images. ------------------------------------------------------------------------


def file(image: Image.Image, format: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "CMYK", "YCbCr", "HSV"])
def test_modes_become_what_pillow_says_is_rgb(pixels: np.ndarray, mode: str) -> None:
    image = Image.fromarray(pixels).convert(mode)
    found = packed(image)[..., :3]
    expected = np.asarray(image.convert("RGB"))
    assert np.array_equal(np.broadcast_to(found, expected.shape), expected)


def test_alpha_is_ignored_not_blended(pixels: np.ndarray) -> None:
    image = Image.fromarray(np.dstack([pixels, np.zeros_like(pixels[..., 0])]))
    assert np.array_equal(packed(file(image))[..., :3], pixels)


def test_a_palette_with_transparency(pixels: np.ndarray) -> None:
    image = Image.fromarray(pixels).quantize(16)
    data = file(image, transparency=3)
    assert np.array_equal(packed(data), np.asarray(image.convert("RGB")))


def test_16_bit_grey_keeps_its_high_byte() -> None:
    values = np.arange(0, 65536, 257, np.uint16).reshape(16, 16) ^ 0x00A5
    expected = (values >> 8).astype(np.uint8)[..., None]
    image = Image.fromarray(values)
    assert np.array_equal(packed(file(image)), expected)
    assert np.array_equal(packed(file(image, "TIFF")), expected)
    big = Image.frombytes("I;16B", (16, 16), values.astype(">u2").tobytes())
    assert np.array_equal(packed(big), expected)
    wide = Image.fromarray(values.astype(np.int32))
    assert np.array_equal(packed(wide), expected)


def test_images_without_a_stated_scale() -> None:
    with pytest.raises(cal.CalImageError, match="values from 0 to 70000: unknown scale"):
        packed(Image.fromarray(np.array([[0, 70000]], np.int32)))
    with pytest.raises(cal.CalImageError, match="mode 'F' has no stated conversion"):
        packed(Image.fromarray(np.zeros((2, 2), np.float32)))


def test_exif_orientation_only_if_asked_for(pixels: np.ndarray) -> None:
    image = Image.fromarray(pixels[:, :20])
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees
    data = file(image, exif=exif)
    assert np.array_equal(packed(data), pixels[:, :20])
    assert np.array_equal(packed(data, exif=True), np.rot90(pixels[:, :20], -1))


def test_the_first_frame_of_an_animation(pixels: np.ndarray) -> None:
    frames = [Image.fromarray(pixels), Image.fromarray(255 - pixels)]
    data = file(frames[0], save_all=True, append_images=frames[1:])
    assert np.array_equal(packed(data), pixels)


@pytest.mark.filterwarnings("ignore")  # Pillow warns of what it finds strange
@given(st.data())
@settings(max_examples=150)
def test_damaged_files_are_errors(data: st.DataObject) -> None:
    y, x = np.mgrid[0:24, 0:24]
    image = Image.fromarray(((x * y) % 256).astype(np.uint8))
    format = data.draw(st.sampled_from(["PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP", "PPM"]))
    content = bytearray(file(image, format))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(content[: data.draw(st.integers(0, len(content)))])
    with contextlib.suppress(cal.CalImageError, cal.CalIOError):
        images.load(cut).release()


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(cal.CalIOError, match="No such file"):
        images.load(tmp_path / "none.png")
    with pytest.raises(cal.CalIOError, match="Is a directory"):
        images.load(tmp_path)


def test_bombs_are_refused() -> None:
    # A header that promises 30000 x 30000 pixels.
    data = bytearray(file(Image.new("1", (8, 8))))
    data[16:24] = (30000).to_bytes(4, "big") * 2
    import zlib

    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    with pytest.raises(cal.CalImageError, match="decompression bomb"):
        images.load(bytes(data))


# Through libcal. ------------------------------------------------------------------------------


def test_all_kinds_give_the_same_bits(
    model: cal.Model, pixels: np.ndarray, picture: Path, tmp_path: Path
) -> None:
    alpha = np.dstack([pixels, pixels[..., 0]])
    inputs = {
        "array": pixels,
        "strided": np.pad(pixels, ((0, 0), (0, 5), (0, 0)))[:, :32],
        "negative rows": pixels[::-1].copy()[::-1],
        "planar": np.ascontiguousarray(pixels.transpose(2, 0, 1)).transpose(1, 2, 0),
        "RGBA": alpha,
        "memoryview": memoryview(pixels.tobytes()).cast("B", pixels.shape),
        "PIL": Image.fromarray(pixels),
        "PIL RGBA": Image.fromarray(alpha),
        "path": picture,
        "str": str(picture),
        "bytes": picture.read_bytes(),
        "bytearray": bytearray(picture.read_bytes()),
        "flat memoryview": memoryview(picture.read_bytes()),
        "flat array": np.frombuffer(picture.read_bytes(), np.uint8),
        "BMP": file(Image.fromarray(pixels), "BMP"),
    }
    first = model.attribute(pixels, features=True)
    assert first.pixels_sha256 == hashlib.sha256(pixels.tobytes()).hexdigest()
    for name, value in inputs.items():
        result = model.attribute(value, features=True)
        assert result.pixels_sha256 == first.pixels_sha256, name
        assert result.features == first.features, name
        assert result.ranked == first.ranked, name
    bgr = model.attribute(np.ascontiguousarray(pixels[..., ::-1]), order="bgr", features=True)
    assert bgr.features == first.features
    assert bgr.pixels_sha256 == first.pixels_sha256


def test_grey_is_grey_rgb(model: cal.Model, pixels: np.ndarray) -> None:
    grey = pixels[..., 0]
    as_rgb = model.attribute(np.dstack([grey] * 3), features=True)
    assert model.attribute(grey, features=True).features == as_rgb.features
    assert model.attribute(grey[..., None]).pixels_sha256 == as_rgb.pixels_sha256


def test_one_pixel(model: cal.Model) -> None:
    result = model.attribute(np.array([[[1, 2, 3]]], np.uint8))
    assert (result.width, result.height, result.crop) == (1, 1, (0, 0, 1, 1))


def test_numpy_is_not_needed(native: object, model_path: Path, picture: Path) -> None:
    program = (
        "import sys; sys.modules['numpy'] = None\n"
        "import cal\n"
        f"model = cal.Model.load({str(model_path)!r})\n"
        f"a = model.attribute({str(picture)!r}, features=True)\n"
        "pixels = memoryview(bytes(32 * 32 * 3)).cast('B', (32, 32, 3))\n"
        "b, c = model.attribute([pixels, open(a.source, 'rb').read()], features=True)\n"
        "assert a.features == c.features and len(b.features) == len(a.features)\n"
        "print(a.verdict, model.session().evidence(a.source, 0).logit)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
