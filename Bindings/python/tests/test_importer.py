"""From a checkpoint to a model file: what is inferred, what is refused, what is written."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

import torchfile
from cal.importer import ImportRefused, cal_model_pb2, import_checkpoint
from networks import Shape, State, make


def convert(
    tmp_path: Path, state: State, *, known: int | None = 2, **options: object
) -> cal_model_pb2.Model:
    checkpoint = torchfile.save(tmp_path / "in.ckpt", {"state_dict": state, "epoch": 3})
    import_checkpoint(checkpoint, tmp_path / "out.cal", known=known, **options)
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
        rows=st.integers(2, 30),
    )
)
@settings(max_examples=25)
# One feature, and by chance the second row is a twentieth of the first: nothing was pruned.
@example(Shape(stem=1, depths=(1, 1), widths=(2, 1), ffe=False, rows=2))
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
    torchfile.save(
        tmp_path / "c.ckpt", {"state_dict": {f"module.{k}": v for k, v in state.items()}}
    )
    models = []
    for name in ("a.safetensors", "b.pth", "c.ckpt"):
        import_checkpoint(tmp_path / name, tmp_path / "out.cal", known=2)
        models.append(read(tmp_path / "out.cal"))
        models[-1].provenance.source_sha256 = ""
    assert models[0] == models[1] == models[2]


def test_the_format_is_told_by_content_not_name(tmp_path: Path, state: State) -> None:
    save_file(state, tmp_path / "wrong.ckpt")
    done = import_checkpoint(tmp_path / "wrong.ckpt", tmp_path / "out.cal", known=2)
    assert done.kind == "CAL checkpoint"


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


def test_the_number_of_known_classes_has_no_default(tmp_path: Path, state: State) -> None:
    with pytest.raises(
        ImportRefused, match="how many of its 6 prototypes .* --known N .* --classes"
    ):
        convert(tmp_path, state, known=None)
    assert not (tmp_path / "out.cal").exists()
    bank = convert(tmp_path, state, known=None, classes=["a", "b", "c"]).bank
    assert [prototype.kind for prototype in bank.prototypes] == [1, 1, 1, 2, 2, 2]


def test_a_model_without_known_classes_can_be_asked_for(tmp_path: Path, state: State) -> None:
    bank = convert(tmp_path, state, known=0).bank
    assert all(
        prototype.kind == cal_model_pb2.Prototype.KIND_NOVEL for prototype in bank.prototypes
    )


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
    bank = convert(tmp_path, state, known=None).bank
    known = [p for p in bank.prototypes if p.kind == cal_model_pb2.Prototype.KIND_KNOWN]
    assert (len(bank.prototypes), len(known), bank.next_id) == (used, 3, 30)


def test_zero_rows_behind_ghosts_do_not_hide_the_gap(tmp_path: Path) -> None:
    bank = pruned(30, 11)
    bank[25:] = 0
    state = make(Shape(widths=(4, 64), rows=30)) | {"encoder.fc2": bank}
    assert len(convert(tmp_path, state, known=None).bank.prototypes) == 11


def test_uneven_rows_without_a_gap_are_all_in_use(tmp_path: Path) -> None:
    bank = pruned(30, 30) * np.linspace(1, 0.3, 30, dtype=np.float32)[:, None]
    state = make(Shape(widths=(4, 64), rows=30)) | {"encoder.fc2": bank}
    assert len(convert(tmp_path, state, known=3).bank.prototypes) == 30
    with pytest.raises(ImportRefused, match="give --known N"):
        convert(tmp_path, state, known=None)


@pytest.mark.parametrize(
    ("options", "rows", "features", "reason"),
    [
        ({"known": 3}, 30, 15, "norms do not tell pruned rows of 15 features"),
        ({"known": 4}, 30, 64, "starts from 10 rows per known class"),
        ({"known": 0}, 30, 64, "starts from 10 rows per known class"),
        ({"known": 3}, 29, 64, "starts from 10 rows per known class"),
    ],
)
def test_short_rows_that_nothing_pruned_are_in_use(
    tmp_path: Path, options: dict[str, int], rows: int, features: int, reason: str
) -> None:
    shape = Shape(widths=(4, features), rows=rows)
    state = make(shape) | {"encoder.fc2": pruned(rows, 11, features)}
    model = convert(tmp_path, state, **options)
    assert len(model.bank.prototypes) == rows
    assert reason in model.provenance.recipe


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
    with pytest.raises(ImportRefused, match="without prototypes .* --known N, and --prototypes N"):
        import_checkpoint(tmp_path / "a.safetensors", tmp_path / "out.cal", prototypes=200)


def test_a_backbone_becomes_starting_weights(tmp_path: Path) -> None:
    save_file(backbone(), tmp_path / "a.safetensors")
    for _ in range(2):
        done = import_checkpoint(
            tmp_path / "a.safetensors", tmp_path / "out.cal", known=50, prototypes=200, seed=4
        )
    model = read(tmp_path / "out.cal")
    assert (
        done.sha256
        == import_checkpoint(
            tmp_path / "a.safetensors", tmp_path / "again.cal", known=50, prototypes=200, seed=4
        ).sha256
    )
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
    subprocess.run(
        [*protoc, f"-I{folder}", f"--descriptor_set_out={out}", "cal_model.proto"], check=True
    )
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
        f"import_checkpoint({str(path)!r}, {str(tmp_path / 'a.cal')!r}, known=2)\n"
        f"import_checkpoint({str(tmp_path / 'a.safetensors')!r}, {str(tmp_path / 'b.cal')!r}, "
        "known=2)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    assert (tmp_path / "a.cal").stat().st_size == (tmp_path / "b.cal").stat().st_size
