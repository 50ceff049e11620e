"""The methods of the demonstration, in the order of their class numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from portraits.plane import Array

from .autoencoder import PatchAutoencoder
from .codebook import PatchCodebook
from .codec import video_frame
from .denoising import diffusion
from .fingerprint import spectral_peaks
from .palette import dithered
from .resampling import bilinear_double, lanczos_enlarged
from .shot import Forgery, Shot
from .smoothing import beautify
from .swap import blended_swap
from .upsampling import transposed_convolution
from .warp import mesh_warp

Role = Literal["known", "novel", "late"]


@dataclass(frozen=True)
class Method:
    index: int
    type: str
    """Real, Swap, Reenact, Edit or Generate, as in OWDFA-40."""
    name: str
    role: Role
    """Known methods have labelled images, novel ones only unlabelled ones; a late one is not
    among the training images at all."""
    forge: Forgery

    @property
    def folder(self) -> str:
        return f"{self.index}_{self.type}_{self.name}"


def catalogue(photographs: Sequence[Array], rng: np.random.Generator) -> list[Method]:
    """All methods; those that learn do so from these photographs."""
    rows: list[tuple[str, str, Role, Forgery]] = [
        ("Real", "Real", "known", _untouched),
        ("Generate", "TransposedConvolution", "known", transposed_convolution),
        ("Swap", "BlendedFace", "known", blended_swap),
        ("Edit", "LanczosEnlarged", "known", lanczos_enlarged),
        ("Reenact", "MeshWarp", "known", mesh_warp),
        ("Generate", "PatchCodebook", "known", PatchCodebook(photographs, rng)),
        ("Edit", "Beautify", "known", beautify),
        ("Generate", "PatchAutoencoder", "novel", PatchAutoencoder(photographs)),
        ("Generate", "SpectralPeaks", "novel", spectral_peaks),
        ("Edit", "BilinearDouble", "novel", bilinear_double),
        ("Generate", "Diffusion", "novel", diffusion),
        ("Edit", "VideoFrame", "novel", video_frame),
        ("Edit", "DitheredPalette", "late", dithered),
    ]
    return [Method(index, *row) for index, row in enumerate(rows)]


def _untouched(shot: Shot, rng: np.random.Generator) -> Array:
    return shot.pixels
