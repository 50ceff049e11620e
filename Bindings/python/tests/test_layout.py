"""The ctypes mirror against the header: every struct, constant and function, by the C compiler."""

from __future__ import annotations

import ctypes
import re
import subprocess
from pathlib import Path

import pytest

import cal._structs as s
import cal._structs_learning as learning
import cal._structs_training as training
import cal._structs_updating as updating
from cal._native import PROTOTYPES
from cal.errors import Status
from conftest import ROOT, compiler

STRUCTS = {
    "cal_load_options": s.LoadOptions,
    "cal_model_info": s.ModelInfo,
    "cal_prototype": s.Prototype,
    "cal_box": s.Box,
    "cal_image": s.Image,
    "cal_session_options": s.SessionOptions,
    "cal_quantize_options": s.QuantizeOptions,
    "cal_stage_time": s.StageTime,
    "cal_score": s.Score,
    "cal_attribute_options": s.AttributeOptions,
    "cal_result": s.Result,
    "cal_objective_input": learning.ObjectiveInput,
    "cal_objective_options": learning.ObjectiveOptions,
    "cal_confidence": learning.Confidence,
    "cal_objective_result": learning.ObjectiveResult,
    "cal_prune_input": learning.PruneInput,
    "cal_prune_options": learning.PruneOptions,
    "cal_prune_result": learning.PruneResult,
    "cal_metrics_input": learning.MetricsInput,
    "cal_metrics_options": learning.MetricsOptions,
    "cal_agreement": learning.Agreement,
    "cal_metrics_result": learning.MetricsResult,
    "cal_source": training.Source,
    "cal_training_options": training.TrainingOptions,
    "cal_training_report": training.TrainingReport,
    "cal_updater_options": updating.UpdaterOptions,
    "cal_commit_options": updating.CommitOptions,
}


@pytest.fixture(scope="module")
def header() -> str:
    return re.sub(r"/\*.*?\*/", "", (ROOT / "Include/cal.h").read_text(), flags=re.DOTALL)


def c_numbers(tmp_path: Path, expressions: list[str]) -> dict[str, int]:
    """What the C compiler says each expression is."""
    lines = "".join(f'printf("%lld\\n", (long long)({each}));' for each in expressions)
    source = '#include "cal.h"\n#include <stdio.h>\nint main(void) {' + lines + "return 0;}\n"
    (tmp_path / "numbers.c").write_text(source)
    subprocess.run(
        [compiler(), f"-I{ROOT / 'Include'}", tmp_path / "numbers.c", "-o", tmp_path / "numbers"],
        check=True,
    )
    printed = subprocess.run([tmp_path / "numbers"], capture_output=True, check=True).stdout
    return dict(zip(expressions, map(int, printed.split()), strict=True))


def test_structs(tmp_path: Path, header: str) -> None:
    declared = set(re.findall(r"}\s*(cal_\w+);", header))
    assert declared == set(STRUCTS)
    ours: dict[str, int] = {}
    for name, struct in STRUCTS.items():
        ours[f"sizeof({name})"] = ctypes.sizeof(struct)
        for field, *_ in struct._fields_:
            ours[f"offsetof({name}, {field})"] = getattr(struct, field).offset
            ours[f"sizeof((({name} *)0)->{field})"] = getattr(struct, field).size
    assert c_numbers(tmp_path, list(ours)) == ours


def test_struct_fields_are_all_there(header: str) -> None:
    for name, struct in STRUCTS.items():
        body = re.search(rf"typedef struct {name} {{(.*?)}} {name};", header, re.DOTALL)[1]
        body = re.sub(r"\[.*?\]", "", body)
        fields = [
            declarator.split()[-1].strip("*")
            for line in body.split(";")
            if line.strip()
            for declarator in line.split(",")
        ]
        assert fields == [field for field, *_ in struct._fields_], name


def test_constants(tmp_path: Path, header: str) -> None:
    ours = {
        "CAL_ABI_VERSION": s.ABI_VERSION,
        "CAL_VERSION_NUMBER": s.VERSION_NUMBER,
        "CAL_ATTRIBUTE_NO_PIXEL_DIGEST": s.ATTRIBUTE_NO_PIXEL_DIGEST,
        "CAL_SESSION_PROFILE": s.SESSION_PROFILE,
        "CAL_QUANTIZE_DEFAULT": s.QUANTIZE_DEFAULT,
        "CAL_UPDATER_SALVAGE": s.UPDATER_SALVAGE,
        "CAL_UPDATER_NO_SYNC": s.UPDATER_NO_SYNC,
    }
    limits = "IMAGE_SIDE_MAX IMAGE_PIXELS_MAX THREADS_MAX NAME_MAX DIGEST_SIZE BATCH_MAX "
    limits += "SAMPLES_MAX CLASSES_MAX FEATURES_MAX"
    formats = "FORMAT_RGB8 FORMAT_BGR8 FORMAT_RGBA8 FORMAT_BGRA8 FORMAT_GRAY8"
    ours |= {f"CAL_{name}": getattr(s, name) for name in f"{limits} {formats}".split()}
    tables = {"KIND": s.KINDS, "VERDICT": s.VERDICTS, "TAG": s.TAGS, "STAGE": s.STAGES}
    for prefix, table in tables.items():
        ours |= {f"CAL_{prefix}_{name.upper()}": value for value, name in table.items()}
    for prefix, table in (
        ("KERNELS", s.KERNELS),
        ("PRECISION", s.PRECISIONS),
        ("RECIPE", s.RECIPES),
        ("BLOCK", s.BLOCKS),
    ):
        ours |= {f"CAL_{prefix}_{name.upper()}": value for name, value in table.items()}
    assert c_numbers(tmp_path, list(ours)) == ours
    prefixes = "KIND VERDICT KERNELS PRECISION FORMAT ATTRIBUTE RECIPE TAG BLOCK SESSION STAGE"
    prefixes += " QUANTIZE"
    for prefix in prefixes.split():
        assert set(re.findall(rf"(CAL_{prefix}_[A-Z0-9_]+) =", header)) == {
            name for name in ours if name.startswith(f"CAL_{prefix}_")
        }


def test_statuses(tmp_path: Path, header: str) -> None:
    ours = {Status.name_of(status): int(status) for status in Status}
    assert c_numbers(tmp_path, list(ours)) == ours
    assert set(re.findall(r"(CAL_OK|CAL_ERR_\w+) =", header)) == set(ours)


def test_functions(header: str) -> None:
    declared = {
        name: [] if arguments.strip() == "void" else arguments.split(",")
        for name, arguments in re.findall(
            r"^CAL_(?:API|CHECKED)[^(;]*?(cal_\w+)\((.*?)\);", header, re.DOTALL | re.MULTILINE
        )
    }
    assert set(declared) == set(PROTOTYPES)
    for name, (_, arguments) in PROTOTYPES.items():
        assert len(arguments) == len(declared[name]), name
