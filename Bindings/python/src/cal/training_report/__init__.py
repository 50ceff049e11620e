"""A training on record: a CSV file with a row per epoch, and a page that shows it."""

from .history import Epoch, History
from .page import Facts, write_report

__all__ = ["Epoch", "Facts", "History", "write_report"]
