"""What pyproject.toml cannot say: a wheel with libcal inside runs on one platform only, with any
Python 3."""

from pathlib import Path

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel

BUNDLED = any((Path(__file__).parent / "src/cal/_lib").glob("libcal.*"))


class Wheel(bdist_wheel):
    def finalize_options(self) -> None:
        super().finalize_options()
        self.root_is_pure = not BUNDLED

    def get_tag(self) -> tuple[str, str, str]:
        platform = super().get_tag()[2]
        return "py3", "none", platform


setup(cmdclass={"bdist_wheel": Wheel})
