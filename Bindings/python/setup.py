"""What pyproject.toml cannot say: a wheel with libcal inside runs on one platform, with any
Python 3."""

from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel

BUNDLED = any((Path(__file__).parent / "src/cal/_lib").glob("libcal.*"))


class Package(Distribution):
    def has_ext_modules(self) -> bool:
        return BUNDLED


class Wheel(bdist_wheel):
    def get_tag(self) -> tuple[str, str, str]:
        return "py3", "none", super().get_tag()[2]


setup(distclass=Package, cmdclass={"bdist_wheel": Wheel})
