"""The version of this package: the libcal release it was written for."""

__version__ = "1.0.0"
