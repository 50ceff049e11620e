"""Checkpoint files: number formats, memory layouts, and archives that are not what they claim."""

from __future__ import annotations

import argparse
import contextlib
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

import torchfile
from cal.importer import ImportRefused, import_checkpoint
from networks import Shape, State, make
from test_importer import F, convert, read
from torchfile import Tensor


@pytest.mark.parametrize("dtype", ["<f2", "<f8"])
def test_other_floats_become_f32(tmp_path: Path, state: State, dtype: str) -> None:
    other = {k: v.astype(dtype) if v.dtype == F else v for k, v in state.items()}
    model = convert(tmp_path, other)
    expected = other["encoder.encoder.conv1.weight"].astype(F)
    assert model.tensors[0].data == expected.tobytes()


def test_bf16_becomes_f32(tmp_path: Path, state: State) -> None:
    weight = state["encoder.encoder.conv1.weight"]
    upper = (weight.view(np.uint32) >> 16).astype("<u2")
    tensor = Tensor(upper, storage="BFloat16Storage")
    model = convert(tmp_path, state | {"encoder.encoder.conv1.weight": tensor})
    assert model.tensors[0].data == (upper.astype(np.uint32) << 16).tobytes()


def test_big_endian_files(tmp_path: Path, state: State) -> None:
    swapped = {
        k: Tensor(v.astype(v.dtype.newbyteorder(">")), storage=torchfile.STORAGES[v.dtype.str])
        for k, v in state.items()
    }
    torchfile.save(tmp_path / "big.ckpt", swapped, byteorder="big")
    import_checkpoint(tmp_path / "big.ckpt", tmp_path / "big.cal", known=2)
    little, big = convert(tmp_path, state), read(tmp_path / "big.cal")
    assert list(big.tensors) == list(little.tensors)
    assert big.bank == little.bank


def test_any_strides(tmp_path: Path, state: State) -> None:
    name = "encoder.encoder.conv1.weight"
    weight = state[name]
    channels_last = np.ascontiguousarray(weight.transpose(0, 2, 3, 1))
    padded = np.zeros((8, 3, 7, 9), F)
    padded[..., 1:8] = weight
    views = {
        "channels last": Tensor(channels_last, weight.shape, (147, 1, 21, 3)),
        "part of a larger storage": Tensor(
            padded, weight.shape, tuple(step // 4 for step in padded.strides), offset=1
        ),
    }
    for view in views.values():
        model = convert(tmp_path, state | {name: view})
        assert model.tensors[0].data == weight.tobytes()


def test_shared_storage_is_followed(tmp_path: Path, state: State) -> None:
    name = "encoder.encoder.bn1.bias"
    expanded = Tensor(np.array([0.25], F), shape=(8,), strides=(0,))
    model = convert(tmp_path, state | {name: expanded})
    written = next(t for t in model.tensors if t.name == "backbone.bn1.bias")
    assert written.data == np.full(8, 0.25, F).tobytes()


@pytest.mark.parametrize(
    ("view", "sentence"),
    [
        (dict(shape=(9,)), "reaches to element 8 of a storage of 8"),
        (dict(strides=(2,)), "reaches to element 14"),
        (dict(offset=1), "reaches to element 8"),
        (dict(count=9), "its storage needs 36 bytes and has 32"),
        (dict(shape=(1 << 41,)), "a tensor's shape is not a number from 0 to 2"),
        (dict(shape=(-1,)), "a tensor's shape is not a number"),
        (dict(strides=(-1,)), "a tensor's stride is not a number"),
        (dict(offset=True), "a tensor's offset is not a number"),
        (dict(shape=(8,), strides=(1, 1)), "shape and strides that do not belong together"),
        (dict(shape=(1 << 30,), strides=(0,)), "over the limit"),
        (dict(shape=(1,) * 9, strides=(1,) * 9), "over the limit"),
    ],
)
def test_views_outside_their_storage(
    tmp_path: Path, state: State, view: dict[str, object], sentence: str
) -> None:
    tensor = Tensor(np.zeros(8, F), **view)
    with pytest.raises(ImportRefused, match=sentence):
        convert(tmp_path, state | {"encoder.encoder.bn1.weight": tensor})


def test_a_small_file_cannot_claim_a_huge_network(tmp_path: Path) -> None:
    wide = make(Shape(stem=1, widths=(1, 1)))
    zero = np.zeros(1, F)
    huge = {k: Tensor(zero, (4096,) * v.ndim, (0,) * v.ndim) for k, v in wide.items()}
    with pytest.raises(ImportRefused):
        convert(tmp_path, wide | huge)
    one = {
        k: Tensor(zero, v.shape, (0,) * v.ndim) if v.dtype == F else v
        for k, v in make(Shape(stem=512, widths=(512, 512))).items()
    }
    with pytest.raises(ImportRefused, match="they share their storage"):
        convert(tmp_path, one)


# Containers. ----------------------------------------------------------------------------------


def test_lightning_extras_are_ignored_and_state_dict_is_not(tmp_path: Path, state: State) -> None:
    extras = {"hyper_parameters": argparse.Namespace(lr=1), "callbacks": {"x": {1, 2}}}
    torchfile.save(tmp_path / "a.ckpt", {"state_dict": state, **extras})
    import_checkpoint(tmp_path / "a.ckpt", tmp_path / "out.cal", known=2)
    torchfile.save(tmp_path / "b.ckpt", {"state_dict": state | {"x": argparse.Namespace()}})
    with pytest.raises(ImportRefused, match="'x' is a 'argparse.Namespace', not a tensor"):
        import_checkpoint(tmp_path / "b.ckpt", tmp_path / "out.cal", known=2)


@given(st.data())
@settings(max_examples=60)
def test_truncated_files_are_refused(
    tmp_path_factory: pytest.TempPathFactory, state: State, data: st.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp()
    for name, save in (("t.ckpt", torchfile.save), ("t.safetensors", None)):
        whole = folder / f"whole-{name}"
        if not whole.exists():
            save(whole, state) if save else save_file(state, whole)
        content = whole.read_bytes()
        cut = data.draw(st.integers(0, len(content) - 1))
        (folder / name).write_bytes(content[:cut])
        with pytest.raises(ImportRefused):
            import_checkpoint(folder / name, folder / "out.cal", known=2)


@given(st.data())
@settings(max_examples=100)
def test_flipped_bits_never_break_out(
    tmp_path_factory: pytest.TempPathFactory, state: State, data: st.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp()
    for name in ("whole-t.ckpt", "whole-t.safetensors"):
        if not (folder / name).exists():
            torchfile.save(folder / name, state) if "ckpt" in name else save_file(
                state, folder / name
            )
        content = bytearray((folder / name).read_bytes())
        content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        (folder / "flipped").write_bytes(content)
        with contextlib.suppress(ImportRefused):
            import_checkpoint(folder / "flipped", folder / "out.cal", known=2)


def rezip(path: Path, change, compression: int = zipfile.ZIP_STORED) -> None:
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in change(entries):
            archive.writestr(name, content)


def test_zip_bombs(tmp_path: Path, state: State) -> None:
    path = torchfile.save(tmp_path / "a.ckpt", state)
    rezip(path, lambda entries: entries.items(), zipfile.ZIP_DEFLATED)
    with pytest.raises(ImportRefused, match="is compressed or encrypted"):
        import_checkpoint(path, tmp_path / "out.cal", known=2)


def test_entries_that_share_their_bytes(tmp_path: Path, state: State) -> None:
    path = torchfile.save(tmp_path / "a.ckpt", state)
    content = path.read_bytes()
    # The last entry of the directory claims a size that reaches over everything before it.
    at = content.rfind(b"PK\x01\x02")
    size = struct.pack("<II", len(content), len(content))
    path.write_bytes(content[: at + 20] + size + content[at + 28 :])
    with pytest.raises(ImportRefused, match="overlap|damaged"):
        import_checkpoint(path, tmp_path / "out.cal", known=2)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda e: [*e.items(), ("archive/version", b"3")], "two entries have the same name"),
        (lambda e: [*e.items(), ("other/data.pkl", b"")], "2 entries named data.pkl"),
        (lambda e: [(k, v) for k, v in e.items() if "pkl" not in k], "0 entries named data.pkl"),
        (lambda e: [(k, v) for k, v in e.items() if k[-2:] != "/0"], "'archive/data/0' is missing"),
        (lambda e: [*e.items(), ("archive/constants.pkl", b"")], "TorchScript"),
        (lambda e: (e | {"archive/byteorder": b"odd"}).items(), "unknown byte order b'odd'"),
    ],
)
def test_strange_archives(tmp_path: Path, state: State, change, sentence: str) -> None:
    path = torchfile.save(tmp_path / "a.ckpt", state)
    rezip(path, change)
    with pytest.raises(ImportRefused, match=sentence):
        import_checkpoint(path, tmp_path / "out.cal", known=2)


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        (b"\x80\x02K\x01.", "holds a 'int' in place of a dictionary"),
        (b"\x80\x02}X\x01\x00\x00\x00aK\x01s.", "'a' is a 'int', not a tensor"),
        (b"\x80\x02X\x01\x00\x00\x00aQ.", "persistent id that is no tensor storage"),
    ],
)
def test_strange_pickles(tmp_path: Path, program: bytes, sentence: str) -> None:
    torchfile.write(tmp_path / "a.ckpt", program)
    with pytest.raises(ImportRefused, match=sentence):
        import_checkpoint(tmp_path / "a.ckpt", tmp_path / "out.cal", known=2)


def test_other_files(tmp_path: Path) -> None:
    legacy = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03."
    for content, sentence in [
        (legacy, "from before version 1.6"),
        (b"", "neither a PyTorch zip file nor"),
        (b"\x89PNG\r\n", "neither a PyTorch zip file nor"),
    ]:
        (tmp_path / "a.ckpt").write_bytes(content)
        with pytest.raises(ImportRefused, match=sentence):
            import_checkpoint(tmp_path / "a.ckpt", tmp_path / "out.cal", known=2)
    with pytest.raises(FileNotFoundError):
        import_checkpoint(tmp_path / "none", tmp_path / "out.cal", known=2)


def test_the_checkpoint_is_not_overwritten(tmp_path: Path, state: State) -> None:
    path = torchfile.save(tmp_path / "a.ckpt", state)
    with pytest.raises(ImportRefused, match="is the checkpoint itself"):
        import_checkpoint(path, path, known=2)
