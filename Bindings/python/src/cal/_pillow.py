"""Files and PIL images to 8-bit pixels: every conversion is stated here, none is Pillow's guess.

RGB, RGBX, RGBA and L are taken as they are. Palettes, CMYK, YCbCr and HSV go through Pillow's
conversion to RGB; bilevel through its conversion to L. 16-bit grey keeps its high byte, as
Pillow's PNG reader does for 16-bit RGB. Alpha is ignored, not blended. The first frame of an
animation is used. ICC profiles are not applied. EXIF orientation is applied only if asked for:
the pixels as stored are the evidence, and the pixel digest of the report refers to them.
"""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

from . import _structs as s
from .errors import CalError, Status, error

if TYPE_CHECKING:
    from PIL.Image import Image

_DIRECT = {
    "RGB": s.FORMAT_RGB8,
    "RGBX": s.FORMAT_RGBA8,
    "RGBA": s.FORMAT_RGBA8,
    "L": s.FORMAT_GRAY8,
}
_VIA_RGB = ("P", "PA", "CMYK", "YCbCr", "HSV")
_HIGH_BYTE = {"I;16": 1, "I;16L": 1, "I;16B": 0}  # where it stands in a 16-bit sample

Decoded = tuple[int, int, int, bytes]  # format, width, height, packed rows


def is_image(value: object) -> bool:
    """Whether value is a PIL image, without importing Pillow for callers who never use it."""
    import sys

    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(value, module.Image)


def decode(source: str | os.PathLike[str] | bytes, exif: bool) -> Decoded:
    """A file, by path or by its bytes. Errors leave the path to the caller."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
            return convert(image, exif)
    except CalError:
        raise
    except UnidentifiedImageError:
        raise error(Status.IMAGE_FORMAT, "not an image that Pillow can read") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as problem:
        raise error(Status.IMAGE_SIZE, str(problem)) from None
    except OSError as problem:
        if problem.errno is not None:
            raise error(Status.IO, problem.strerror or str(problem)) from problem
        raise error(Status.IMAGE_FORMAT, f"damaged image: {problem}") from problem
    except MemoryError:
        raise error(Status.MEMORY, "out of memory while decoding") from None
    except Exception as problem:  # decoders raise SyntaxError, struct.error, ... on hostile files
        raise error(
            Status.IMAGE_FORMAT, f"damaged image: {type(problem).__name__}: {problem}"
        ) from problem


def convert(image: Image, exif: bool) -> Decoded:
    """The pixels of a PIL image."""
    width, height = image.size
    if width > s.IMAGE_SIDE_MAX or height > s.IMAGE_SIDE_MAX or width * height == 0:
        raise error(
            Status.IMAGE_SIZE, f"{width} x {height} pixels; sides may be 1 to {s.IMAGE_SIDE_MAX}"
        )
    if exif:
        from PIL import ImageOps

        image = ImageOps.exif_transpose(image)
        width, height = image.size
    mode = image.mode
    if mode in _VIA_RGB:
        image = image.convert("RGB")
    elif mode == "1":
        image = image.convert("L")
    elif mode == "LA":
        image = image.getchannel("L")
    elif mode in _HIGH_BYTE:
        return s.FORMAT_GRAY8, width, height, image.tobytes()[_HIGH_BYTE[mode] :: 2]
    elif mode == "I":
        return s.FORMAT_GRAY8, width, height, _from_32_bit(image)
    format = _DIRECT.get(image.mode)
    if format is None:
        raise error(Status.IMAGE_FORMAT, f"image mode {mode!r} has no stated conversion to RGB")
    return format, width, height, image.tobytes()


def _from_32_bit(image: Image) -> bytes:
    """Pillow widens some 16-bit grey files to 32 bits; anything beyond 16 has no known scale."""
    low, high = image.getextrema()
    if not (isinstance(low, int) and isinstance(high, int) and low >= 0 and high <= 0xFFFF):
        raise error(
            Status.IMAGE_FORMAT, f"32-bit image with values from {low} to {high}: unknown scale"
        )
    import sys

    samples = image.tobytes()  # native order
    return samples[1::4] if sys.byteorder == "little" else samples[2::4]
