"""libcal: which forgery method made this face image?

    import cal

    model = cal.Model.load("model.cal")
    result = model.attribute("face.png", top=3)
    print(result.verdict, result.ranked[0].name, result.ranked[0].probability)

Images are paths, bytes of encoded files, PIL images or uint8 arrays; a list of them gives a list
of results. See docs/PYTHON.md.
"""

from . import data
from ._log import set_log
from ._native import library as _library
from ._version import __version__
from .errors import (
    CalArgumentError,
    CalBusyError,
    CalCancelled,
    CalError,
    CalHandleError,
    CalImageError,
    CalInternalError,
    CalIOError,
    CalLibraryError,
    CalMemoryError,
    CalModelError,
    CalNotFoundError,
    CalNumericError,
    CalRefused,
    CalStateError,
    CalThreadsError,
    Status,
)
from .evaluation import Evaluation, evaluate
from .learning import (
    Agreement,
    Confidence,
    Metrics,
    Objective,
    Pruning,
    metrics,
    novel_threshold,
    objective,
    prune,
)
from .model import Model
from .results import Attribution, Evidence, ModelInfo, Prototype, Score
from .session import Session
from .updating import Updater


def library_path() -> str:
    """The file or soname that libcal was loaded from."""
    return _library().path


def library_version() -> str:
    """The version of libcal itself, which may be newer than this package's."""
    return str(_library().c.cal_version().decode())


def build_info() -> dict[str, str]:
    """How libcal was built and which kernels this machine gets."""
    lines = _library().text("cal_build_info").splitlines()
    return dict(line.split(": ", 1) for line in lines if ": " in line)


__all__ = [
    "Agreement",
    "Attribution",
    "CalArgumentError",
    "CalBusyError",
    "CalCancelled",
    "CalError",
    "CalHandleError",
    "CalIOError",
    "CalImageError",
    "CalInternalError",
    "CalLibraryError",
    "CalMemoryError",
    "CalModelError",
    "CalNotFoundError",
    "CalNumericError",
    "CalRefused",
    "CalStateError",
    "CalThreadsError",
    "Confidence",
    "Evaluation",
    "Evidence",
    "Metrics",
    "Model",
    "ModelInfo",
    "Objective",
    "Prototype",
    "Pruning",
    "Score",
    "Session",
    "Status",
    "Updater",
    "__version__",
    "build_info",
    "data",
    "evaluate",
    "library_path",
    "library_version",
    "metrics",
    "novel_threshold",
    "objective",
    "prune",
    "set_log",
]
