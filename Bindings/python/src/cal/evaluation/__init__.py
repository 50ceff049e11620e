"""Evaluation of a model on a data set: open-world metrics, classes, confusion, calibration."""

from .columns import Columns
from .evaluating import Part, evaluate
from .evaluation import ClassResult, Evaluation
from .reliability import Bin, Reliability

__all__ = ["Bin", "ClassResult", "Columns", "Evaluation", "Part", "Reliability", "evaluate"]
