"""From a checkpoint to a model file: what is inferred, what is refused, what is written."""

from __future__ import annotations

import struct
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torchfile
from cal.importer import ImportRefused, cal_model_pb2, import_checkpoint
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import Shape, State, make
from safetensors.numpy import save_file
from torchfile import Tensor


def convert(tmp_path: Path, state: State, **options: object) -> cal_model_pb2.Model:
    checkpoint = torchfile.save(tmp_path / "in.ckpt", {"state_dict": state, "epoch": 3})
    import_checkpoint(checkpoint, tmp_path / "out.cal", **options)
    return read(tmp_path / "out.cal")


def read(path: Path) -> cal_model_pb2.Model:
    model = cal_model_pb2.Model()
    model.ParseFromString(path.read_bytes())
    return model


@given(
    st.builds(
        Shape,
        bottleneck=st.booleans(),
        kernel=st.sampled_from([3, 7]),
        stem=st.integers(1, 9),
        depths=st.lists(st.integers(1, 3), min_size=2, max_size=2).map(tuple),
        widths=st.lists(st.integers(1, 5), min_size=2, max_size=2).map(tuple),
        ffe=st.booleans(),
        neck=st.booleans(),
        rows=st.integers(1, 9),
    )
)
@settings(max_examples=25, deadline=None)
def test_any_network_is_recognised(tmp_path_factory: pytest.TempPathFactory, shape: Shape) -> None:
    state = make(shape)
    model = convert(tmp_path_factory.mktemp("any"), state)
    network = model.network
    block = "BLOCK_BOTTLENECK" if shape.bottleneck else "BLOCK_BASIC"
    assert network.block == cal_model_pb2.Network.Block.Value(block)
    assert (network.stem.kernel, network.stem.channels) == (shape.kernel, shape.stem)
    assert (network.stem.stride, network.stem.max_pool) == ((2, 1) if shape.kernel == 7 else (1, 0))
    assert [stage.blocks for stage in network.stages] == list(shape.depths)
    assert [stage.inner_channels for stage in network.stages] == list(shape.widths)
    factor = 4 if shape.bottleneck else 1
    assert [stage.out_channels for stage in network.stages] == [factor * w for w in shape.widths]
    assert [stage.stride for stage in network.stages] == [1, 2]
    assert network.HasField("ffe") == shape.ffe
    assert (network.neck.kind == cal_model_pb2.Neck.KIND_BATCH_NORM) == shape.neck
    assert model.preprocessing.size == (256 if shape.kernel == 7 else 64)
    assert len(model.bank.prototypes) == shape.rows
    written = {tensor.name: tensor for tensor in model.tensors}
    floats = [name for name, value in state.items() if value.dtype == np.float32]
    assert len(written) == len(floats) - 1  # fc2 is in the bank
    ours = {"encoder.encoder": "backbone", "encoder.bottleneck": "neck"}
    ours["encoder.fft_attn_module.freq_attn_net"] = "ffe"
    for name in floats[:-1]:
        prefix = next(prefix for prefix in ours if name.startswith(prefix + "."))
        tensor = written[name.replace(prefix, ours[prefix], 1)]
        assert tuple(tensor.shape) == state[name].shape
        assert tensor.data == state[name].tobytes()


def test_the_file_starts_with_its_magic(tmp_path: Path, state: State) -> None:
    convert(tmp_path, state)
    assert (tmp_path / "out.cal").read_bytes().startswith(b"\x0dCALM")


def test_equal_input_gives_equal_bytes(tmp_path: Path, state: State) -> None:
    first = convert(tmp_path, state).SerializeToString(deterministic=True)
    assert convert(tmp_path, state).SerializeToString(deterministic=True) == first


def test_all_formats_give_the_same_network(tmp_path: Path, state: State) -> None:
    save_file(state, tmp_path / "a.safetensors")
    torchfile.save(tmp_path / "b.pth", state)  # a bare state_dict
    torchfile.save(tmp_path / "c.ckpt", {"state_dict": {f"module.{k}": v for k, v in state.items()}})
    models = []
    for name in ("a.safetensors", "b.pth", "c.ckpt"):
        import_checkpoint(tmp_path / name, tmp_path / "out.cal")
        models.append(read(tmp_path / "out.cal"))
        models[-1].provenance.source_sha256 = ""
    assert models[0] == models[1] == models[2]


def test_the_format_is_told_by_content_not_name(tmp_path: Path, state: State) -> None:
    save_file(state, tmp_path / "wrong.ckpt")
    assert import_checkpoint(tmp_path / "wrong.ckpt", tmp_path / "out.cal").kind == "CAL checkpoint"


def test_provenance(tmp_path: Path, state: State) -> None:
    model = convert(
        tmp_path, state, classes=["a", "b"], training_data="set 1", licence="CC0", description="d\n"
    )
    provenance = model.provenance
    assert provenance.creator.startswith("libcal import ")
    assert provenance.recipe.startswith("imported: CAL checkpoint; ")
    assert (provenance.training_data, provenance.licence) == ("set 1", "CC0")
    assert len(provenance.source_sha256) == 64
    assert provenance.created == ""
    with pytest.raises(ImportRefused, match="licence must be at most 4096 bytes"):
        convert(tmp_path, state, licence="a\0b")


def test_ids_are_row_numbers_and_known_rows_come_first(tmp_path: Path, state: State) -> None:
    bank = convert(tmp_path, state, classes=["α", "b"]).bank
    assert [prototype.id for prototype in bank.prototypes] == list(range(6))
    assert [prototype.name for prototype in bank.prototypes] == ["α", "b", "", "", "", ""]
    kinds = [prototype.kind for prototype in bank.prototypes]
    assert kinds == [cal_model_pb2.Prototype.KIND_KNOWN] * 2 + [2] * 4
    assert bank.next_id == 6
    assert bank.prototypes[3].vector == state["encoder.fc2"][3].tobytes()


def test_without_known_no_prototype_is_called_known(tmp_path: Path, state: State) -> None:
    bank = convert(tmp_path, state).bank
    assert all(prototype.kind == 2 for prototype in bank.prototypes)
    checkpoint = torchfile.save(tmp_path / "in.ckpt", state)
    notes = import_checkpoint(checkpoint, tmp_path / "out.cal").notes
    assert any("known: 0, the default" in note for note in notes)


def pruned(rows: int, used: int, features: int = 64, ghost: float = 0.005) -> np.ndarray:
    chance = np.random.default_rng(5)
    bank = chance.normal(0, 1, (rows, features)).astype(np.float32)
    bank /= np.linalg.norm(bank, axis=1, keepdims=True)
    bank[used:] *= ghost
    return bank


@pytest.mark.parametrize("ghost", [0.0, 1e-6, 0.002, 0.02, 0.2])
@pytest.mark.parametrize("used", [3, 4, 11, 29])
def test_pruned_rows_are_told_by_their_norm(tmp_path: Path, used: int, ghost: float) -> None:
    shape = Shape(widths=(4, 64), rows=30)
    state = make(shape) | {"encoder.fc2": pruned(30, used, ghost=ghost)}
    bank = convert(tmp_path, state).bank
    known = [p for p in bank.prototypes if p.kind == cal_model_pb2.Prototype.KIND_KNOWN]
    assert (len(bank.prototypes), len(known), bank.next_id) == (used, 3, 30)


def test_zero_rows_behind_ghosts_do_not_hide_the_gap(tmp_path: Path) -> None:
    bank = pruned(30, 11)
    bank[25:] = 0
    state = make(Shape(widths=(4, 64), rows=30)) | {"encoder.fc2": bank}
    assert len(convert(tmp_path, state).bank.prototypes) == 11


def test_uneven_rows_without_a_gap_are_all_in_use(tmp_path: Path) -> None:
    bank = pruned(30, 30) * np.linspace(1, 0.3, 30, dtype=np.float32)[:, None]
    state = make(Shape(widths=(4, 64), rows=30)) | {"encoder.fc2": bank}
    assert len(convert(tmp_path, state).bank.prototypes) == 30


def test_prototypes_overrides_the_inference(tmp_path: Path) -> None:
    state = make(Shape(widths=(4, 64), rows=30)) | {"encoder.fc2": pruned(30, 11)}
    assert len(convert(tmp_path, state, prototypes=7, known=2).bank.prototypes) == 7
    with pytest.raises(ImportRefused, match="31 prototypes asked for; the checkpoint has 30"):
        convert(tmp_path, state, prototypes=31)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"known": 7}, "7 known classes; the checkpoint has 6 prototypes"),
        ({"known": 3, "classes": ["a"]}, "1 class names for 3 known classes"),
        ({"classes": ["a", "a"]}, "'a' is given twice"),
        ({"classes": ["a", ""]}, "class name 1"),
        ({"classes": ["x" * 256]}, "1 to 255 bytes"),
        ({"size": 7}, "size 7 must be 8 to 2048"),
        ({"size": 2049}, "size 2049"),
        ({"stem": "3x3/1"}, "contradicts the checkpoint's 7x7 kernel"),
        ({"stem": "7x7"}, "stem '7x7' must be auto or"),
    ],
)
def test_options_are_checked(
    tmp_path: Path, state: State, options: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ImportRefused, match=sentence):
        convert(tmp_path, state, **options)
    assert not (tmp_path / "out.cal").exists()


@pytest.mark.parametrize("stem", ["7x7/1", "7x7/2", "7x7/1+pool"])
def test_the_stem_can_be_given(tmp_path: Path, state: State, stem: str) -> None:
    written = convert(tmp_path, state, stem=stem).network.stem
    assert (written.stride, written.max_pool) == (int(stem[4]), stem.endswith("+pool"))


def damage(name: str, value: np.ndarray | None):
    def apply(state: State) -> State:
        changed = dict(state)
        changed.pop(name, None)
        return changed if value is None else changed | {name: value}

    return apply


F = np.float32
DAMAGE = {
    "missing: backbone.bn1.bias": damage("encoder.encoder.bn1.bias", None),
    "missing: ffe.2.bias": damage("encoder.fft_attn_module.freq_attn_net.2.bias", None),
    "unexpected: backbone.layer1.0.se.weight": damage(
        "encoder.encoder.layer1.0.se.weight", np.ones(4, F)
    ),
    "unexpected in a CAL checkpoint: encoder.fc1.weight": damage(
        "encoder.fc1.weight", np.ones((2, 2), F)
    ),
    "'encoder.fc2' is missing": damage("encoder.fc2", None),
    r"'encoder.fc2' has shape \[6\]": damage("encoder.fc2", np.ones(6, F)),
    "'encoder.fc2' has 9 columns; the network gives 8": damage("encoder.fc2", np.ones((6, 9), F)),
    r"'backbone.layer1.0.conv2.weight' has shape \[4, 2, 3, 3\]; .* needs \[4, 4, 3, 3\]": damage(
        "encoder.encoder.layer1.0.conv2.weight", np.ones((4, 2, 3, 3), F)
    ),
    "stem's kernel is 5x5": damage("encoder.encoder.conv1.weight", np.ones((8, 3, 5, 5), F)),
    "'encoder.encoder.bn1.weight' holds numbers that are not finite": damage(
        "encoder.encoder.bn1.weight", np.full(8, np.nan, F)
    ),
    "'backbone.bn1.running_var' holds a negative variance": damage(
        "encoder.encoder.bn1.running_var", np.full(8, -1, F)
    ),
    "'encoder.encoder.bn1.bias' has type I64": damage(
        "encoder.encoder.bn1.bias", np.ones(8, np.int64)
    ),
}


@pytest.mark.parametrize("sentence", DAMAGE)
def test_what_is_wrong_is_named(tmp_path: Path, state: State, sentence: str) -> None:
    with pytest.raises(ImportRefused, match=sentence):
        convert(tmp_path, DAMAGE[sentence](state))


def test_unknown_checkpoints_are_described(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="neither a CAL checkpoint .* 'visual.proj'"):
        convert(tmp_path, {"visual.proj": np.ones((2, 2), F)})


# Number formats and memory layouts. -----------------------------------------------------------


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
    import_checkpoint(tmp_path / "big.ckpt", tmp_path / "big.cal")
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
    import argparse

    extras = {"hyper_parameters": argparse.Namespace(lr=1), "callbacks": {"x": {1, 2}}}
    torchfile.save(tmp_path / "a.ckpt", {"state_dict": state, **extras})
    import_checkpoint(tmp_path / "a.ckpt", tmp_path / "out.cal")
    torchfile.save(tmp_path / "b.ckpt", {"state_dict": state | {"x": argparse.Namespace()}})
    with pytest.raises(ImportRefused, match="'x' is a 'argparse.Namespace', not a tensor"):
        import_checkpoint(tmp_path / "b.ckpt", tmp_path / "out.cal")


@given(st.data())
@settings(max_examples=60, deadline=None)
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
            import_checkpoint(folder / name, folder / "out.cal")


@given(st.data())
@settings(max_examples=100, deadline=None)
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
        try:
            import_checkpoint(folder / "flipped", folder / "out.cal")
        except ImportRefused:
            pass


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
        import_checkpoint(path, tmp_path / "out.cal")


def test_entries_that_share_their_bytes(tmp_path: Path, state: State) -> None:
    path = torchfile.save(tmp_path / "a.ckpt", state)
    content = path.read_bytes()
    # The last entry of the directory claims a size that reaches over everything before it.
    at = content.rfind(b"PK\x01\x02")
    size = struct.pack("<II", len(content), len(content))
    path.write_bytes(content[: at + 20] + size + content[at + 28 :])
    with pytest.raises(ImportRefused, match="overlap|damaged"):
        import_checkpoint(path, tmp_path / "out.cal")


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
        import_checkpoint(path, tmp_path / "out.cal")


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
        import_checkpoint(tmp_path / "a.ckpt", tmp_path / "out.cal")


def test_other_files(tmp_path: Path) -> None:
    legacy = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03."
    for content, sentence in [
        (legacy, "from before version 1.6"),
        (b"", "neither a PyTorch zip file nor"),
        (b"\x89PNG\r\n", "neither a PyTorch zip file nor"),
    ]:
        (tmp_path / "a.ckpt").write_bytes(content)
        with pytest.raises(ImportRefused, match=sentence):
            import_checkpoint(tmp_path / "a.ckpt", tmp_path / "out.cal")
    with pytest.raises(FileNotFoundError):
        import_checkpoint(tmp_path / "none", tmp_path / "out.cal")


def test_the_checkpoint_is_not_overwritten(tmp_path: Path, state: State) -> None:
    path = torchfile.save(tmp_path / "a.ckpt", state)
    with pytest.raises(ImportRefused, match="is the checkpoint itself"):
        import_checkpoint(path, path)


# Backbones. -----------------------------------------------------------------------------------


def backbone() -> State:
    state = make(Shape(bottleneck=True, ffe=False, neck=False))
    plain = {
        name.removeprefix("encoder.encoder."): value
        for name, value in state.items()
        if name != "encoder.fc2"
    }
    return plain | {"fc.weight": np.ones((1000, 32), F), "fc.bias": np.ones(1000, F)}


def test_a_backbone_alone_says_what_it_lacks(tmp_path: Path) -> None:
    save_file(backbone(), tmp_path / "a.safetensors")
    with pytest.raises(ImportRefused, match="without prototypes .* --known N or --prototypes N"):
        import_checkpoint(tmp_path / "a.safetensors", tmp_path / "out.cal")


def test_a_backbone_becomes_starting_weights(tmp_path: Path) -> None:
    save_file(backbone(), tmp_path / "a.safetensors")
    for _ in range(2):
        done = import_checkpoint(
            tmp_path / "a.safetensors", tmp_path / "out.cal", known=50, prototypes=200, seed=4
        )
    model = read(tmp_path / "out.cal")
    assert done.sha256 == import_checkpoint(
        tmp_path / "a.safetensors", tmp_path / "again.cal", known=50, prototypes=200, seed=4
    ).sha256
    assert "UNTRAINED" in model.provenance.recipe
    vectors = np.frombuffer(b"".join(p.vector for p in model.bank.prototypes), "<f4")
    assert vectors.std() == pytest.approx(0.001, rel=0.05)
    assert (len(model.bank.prototypes), model.network.neck.kind) == (200, 1)


# The generated module. ------------------------------------------------------------------------


def test_generated_code_is_fresh(tmp_path: Path) -> None:
    import shutil
    import subprocess

    from conftest import ROOT

    protoc = [shutil.which("protoc")]
    if protoc[0] is None:
        try:
            import grpc_tools  # noqa: F401
        except ImportError:
            pytest.skip("neither protoc nor grpcio-tools is installed")
        protoc = [sys.executable, "-m", "grpc_tools.protoc"]
    folder = ROOT / "Sources" / "CModelFormat"
    out = tmp_path / "set"
    subprocess.run([*protoc, f"-I{folder}", f"--descriptor_set_out={out}", "cal_model.proto"], check=True)
    from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

    fresh = FileDescriptorSet.FromString(out.read_bytes()).file[0]
    ours = FileDescriptorProto.FromString(cal_model_pb2.DESCRIPTOR.serialized_pb)
    fresh.ClearField("source_code_info")
    for message in fresh.message_type:
        for field in message.field:
            field.ClearField("json_name")
    assert fresh == ours


def test_numpy_and_torch_are_not_needed(tmp_path: Path, state: State) -> None:
    import subprocess

    path = torchfile.save(tmp_path / "a.ckpt", state)
    save_file(state, tmp_path / "a.safetensors")
    program = (
        "import sys; sys.modules['numpy'] = None; sys.modules['torch'] = None\n"
        "from cal.importer import import_checkpoint\n"
        f"import_checkpoint({str(path)!r}, {str(tmp_path / 'a.cal')!r})\n"
        f"import_checkpoint({str(tmp_path / 'a.safetensors')!r}, {str(tmp_path / 'b.cal')!r})\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    assert (tmp_path / "a.cal").stat().st_size == (tmp_path / "b.cal").stat().st_size
