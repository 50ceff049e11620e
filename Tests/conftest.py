"""What every test here may ask for: an installed libcal and two fixture models."""

from __future__ import annotations

from pathlib import Path

import make_model
import pytest
from support import ROOT, Installed, check_run


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """A staged installation: DESTDIR and PREFIX both in use, as a packager would."""
    stage = tmp_path_factory.mktemp("stage")
    check_run(["make", "-C", str(ROOT), "install", f"DESTDIR={stage}", "PREFIX=/opt/cal"])
    return Installed(stage / "opt" / "cal")


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The two models of make_model.py: colours.cal and random.cal."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "colours.cal").write_bytes(make_model.colours())
    (folder / "random.cal").write_bytes(make_model.random_network())
    return [folder / "colours.cal", folder / "random.cal"]
