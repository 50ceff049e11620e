"""The JSON report: valid by its schema, and the bytes that a C program gets."""

from __future__ import annotations

import json
import os
import struct
import subprocess
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import cal
import cal._native
from conftest import ROOT, compiler

C_PROGRAM = r"""
#include "cal.h"
#include <stdio.h>
#include <stdlib.h>

/* MODEL RGB-FILE WIDTH HEIGHT TOP SOURCE: prints the report. */
int main(int argc, char **argv) {
    static unsigned char pixels[1 << 20];
    static cal_score ranked[64];
    static char text[1 << 16];
    cal_model *model = NULL;
    cal_session *session = NULL;
    cal_image image = CAL_IMAGE_INIT;
    cal_result result = CAL_RESULT_INIT;
    size_t length = 0;
    if (argc != 7) return 2;
    FILE *file = fopen(argv[2], "rb");
    image.format = CAL_FORMAT_RGB8;
    image.width = (uint32_t)atoi(argv[3]);
    image.height = (uint32_t)atoi(argv[4]);
    image.pixels = pixels;
    image.size = fread(pixels, 1, sizeof pixels, file);
    fclose(file);
    result.ranked = ranked;
    result.ranked_capacity = (uint32_t)atoi(argv[5]);
    if (cal_model_load_file(argv[1], NULL, &model) != CAL_OK ||
        cal_session_create(model, NULL, &session) != CAL_OK) {
        fprintf(stderr, "%s\n", cal_last_error());
        return 1;
    }
    cal_status status = cal_session_attribute(session, &image, NULL, &result);
    if (status != result.status ||
        cal_session_report(session, &result, argv[6], text, sizeof text, &length) != CAL_OK)
        return 3;
    fwrite(text, 1, length, stdout);
    cal_session_free(session);
    cal_model_free(model);
    return 0;
}
"""


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = json.loads((ROOT / "docs/report.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.fixture(scope="module")
def program(native: cal._native.Library, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not os.path.isabs(native.path):
        pytest.skip("libcal was found by its soname: no file to link with")
    folder = tmp_path_factory.mktemp("c")
    (folder / "report.c").write_text(C_PROGRAM)
    library = Path(native.path)
    subprocess.run(
        [
            *(compiler(), "-std=c99", "-Wall", "-Wextra", "-Werror", f"-I{ROOT / 'Include'}"),
            *(folder / "report.c", library, f"-Wl,-rpath,{library.parent}"),
            *("-o", folder / "report"),
        ],
        check=True,
    )
    return folder / "report"


def test_c_and_python_give_the_same_bytes(
    program: Path, model: cal.Model, model_path: Path, tmp_path: Path
) -> None:
    chance = np.random.default_rng(8)
    variable = {"LD_LIBRARY_PATH": str(Path(cal.library_path()).parent)}
    for number, top in enumerate([0, 1, 3, 6]):
        pixels = chance.integers(0, 256, (20 + 9 * number, 33 - number, 3), np.uint8)
        name = f'{tmp_path}/{number} "ü" \\ \x7f.rgb'
        Path(name).write_bytes(pixels.tobytes())
        height, width, _ = pixels.shape
        command = [program, model_path, name, str(width), str(height), str(top), name]
        done = subprocess.run(command, capture_output=True, check=True, env=os.environ | variable)
        [result] = model.attribute([pixels], top=top)
        # An array has no name of its own; the C program's report has the file's.
        report = result.to_json().replace('"source":null', '"source":' + quoted(done.stdout), 1)
        assert report.encode() == done.stdout


def quoted(report: bytes) -> str:
    """The source member as it is written in a report."""
    text = report.decode()
    start = text.index('"source":') + len('"source":')
    _, end = json.JSONDecoder().raw_decode(text, start)
    return text[start:end]


def test_reports_are_valid(
    validator: jsonschema.Draft202012Validator,
    model: cal.Model,
    pixels: np.ndarray,
    picture: Path,
    tmp_path: Path,
) -> None:
    batch = [pixels, picture, tmp_path / "none.png", b"no picture", pixels[:, :0]]
    results = model.attribute(batch, top=None)
    results += model.attribute(batch, known_threshold=0, novel_threshold=1, pixel_digest=False)
    for result in results:
        report = result.to_dict()
        validator.validate(report)
        assert report["status"] == cal.Status.name_of(result.status)
        assert report["source"] == result.source
        assert report["error"] == (result.error or None)
        assert report["verdict"] == result.verdict


def test_a_report_has_the_same_numbers(model: cal.Model, pixels: np.ndarray) -> None:
    result = model.attribute(pixels, top=None)
    report = result.to_dict()
    for rank, (entry, score) in enumerate(zip(report["ranked"], result.ranked, strict=True), 1):
        assert (entry["rank"], entry["id"], entry["name"]) == (rank, score.id, score.name or None)
        assert f32(entry["logit"]) == score.logit
        assert f32(entry["probability"]) == score.probability
    assert report["image"]["pixels_sha256"] == result.pixels_sha256
    assert report["model"]["sha256"] == model.sha256
    assert report["bank"]["epoch"] == result.bank_epoch
    assert report["tool"]["version"] == cal.library_version()


def f32(value: float) -> float:
    """Reports write the fewest digits that read back to the same float32."""
    return float(struct.unpack("<f", struct.pack("<f", value))[0])


def test_reports_are_repeatable(model: cal.Model, model_path: Path, picture: Path) -> None:
    first = model.attribute(picture)
    with cal.Model.load(model_path) as again:
        assert again.attribute(str(picture)).to_json() == first.to_json()


def test_names_that_are_no_text(model: cal.Model, pixels: np.ndarray, tmp_path: Path) -> None:
    from PIL import Image

    name = os.fsencode(tmp_path) + b"/\xff.png"
    Image.fromarray(pixels).save(os.fsdecode(name), "PNG")
    result = model.attribute(os.fsdecode(name))
    assert result.source.endswith("/\\xff.png")
    assert result.to_dict()["source"] == result.source


def test_long_errors_are_cut_between_characters(model: cal.Model) -> None:
    from cal._batch import _failed
    from cal.errors import error

    for extra in range(4):
        cut = _failed(error(502, "x" * extra + "ü" * 400)).error
        assert cut.decode() == "x" * extra + "ü" * ((255 - extra) // 2)
