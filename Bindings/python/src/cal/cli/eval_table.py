"""An evaluation for people: the measures, then a line per class."""

from __future__ import annotations

from ..evaluation import ClassResult, Columns, Evaluation
from ..learning import Agreement
from .records import printable


def lines(evaluation: Evaluation) -> list[str]:
    """Measures and areas in percent."""
    measured = evaluation.metrics
    images = measured.known_count + measured.novel_count
    table = [
        f"{images} images, split {evaluation.split}: {measured.known_count} of known classes, "
        f"{measured.novel_count} of novel ones",
        "",
        f"{'':18}{'ACC':>7}{'NMI':>7}{'ARI':>7}",
        _agreement("All", measured.all),
        _agreement("Known", measured.known),
        _agreement("Novel, published", measured.novel),
        "",
        f"{'':18}{'All':>7}{'Known':>7}{'Novel':>7}",
        f"{'strict ACC':18}{'':14}{_percent(measured.strict_novel_acc)}",
        f"{'joint ACC':18}{_percent(measured.all.acc)}{_percent(measured.joint_known_acc)}"
        f"{_percent(measured.joint_novel_acc)}",
        f"{'macro ACC':18}{_percent(measured.macro_acc)}{_percent(measured.macro_known_acc)}"
        f"{_percent(measured.macro_novel_acc)}",
        "",
        f"{'known or novel':18}AUROC{_percent(measured.auroc)}, OSCR{_percent(measured.oscr)}",
    ]
    if evaluation.reliability is not None:
        table.append(f"{'calibration':18}ECE{_percent(evaluation.reliability.ece)}, known classes")
    table.append(
        f"{'K':18}{measured.predicted_ids} predicted ({measured.frequent_ids} often) of "
        f"{len(evaluation.columns.prototypes)} prototypes; {measured.label_ids} in the data"
    )
    if evaluation.absent:
        absent = ", ".join(printable(name) for name in evaluation.absent)
        table.append(f"{'not in the data':18}{absent}")
    return [*table, "", *_classes(evaluation)]


def _classes(evaluation: Evaluation) -> list[str]:
    head = f"{'class':24}{'':7}{'images':>7}{'ACC':>8}  {'prototype':24}most confused with"
    rows = [_class(each, evaluation.columns) for each in evaluation.classes]
    return [head, *rows]


def _class(each: ClassResult, columns: Columns) -> str:
    def title(column: int | None) -> str:
        return "-" if column is None else printable(columns.title(column))

    other = ""
    if each.confused:
        other = f"{_percent(each.confused / each.images).strip()} {title(each.confused_with)}"
    return (
        f"{printable(each.name):24.24}{each.kind:7}{each.images:7} {_percent(each.acc)}  "
        f"{title(each.column):24.24}{other}"
    ).rstrip()


def _agreement(title: str, found: Agreement) -> str:
    return f"{title:18}{_percent(found.acc)}{_percent(found.nmi)}{_percent(found.ari)}"


def _percent(share: float | None) -> str:
    return f"{'-':>7}" if share is None else f"{100 * share:7.1f}"
