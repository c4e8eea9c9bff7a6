"""What goes into the wheel; name and version stand in pyproject.toml.

`llmcore` and `ui` are packages as they lie here. The app around them (app.py, the pages, what is
bundled) goes into a folder `llmlab` of its own, beside which llmcore finds it when installed.
"""

from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

APP_FILES = [
    "pages/*.py",
    ".streamlit/config.toml",
    "assets/*.json",
    "assets/*.md",
    "assets/icon.svg",
    "assets/instructions/*",
    "assets/measured/*",
    "assets/runs/**/*",
]


def pinned(path: str) -> list[str]:
    """The requirements of a file, without comments and options."""
    lines = (line.split("#")[0].strip() for line in Path(path).read_text("utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("-")]


class BuildWithoutSetup(build_py):
    """`llmlab` is this folder: of its Python files app.py is wanted, this one is not."""

    def find_package_modules(self, package: str, package_dir: str) -> list[tuple[str, str, str]]:
        modules = super().find_package_modules(package, package_dir)
        return [found for found in modules if package != "llmlab" or found[1] == "app"]


setup(
    cmdclass={"build_py": BuildWithoutSetup},
    packages=["llmlab", *find_packages(include=["llmcore*", "ui*"])],
    package_dir={"llmlab": "."},
    package_data={
        "llmlab": APP_FILES,
        "llmcore": ["nn/kernels.c"],
        "ui": ["**/*.css", "**/*.html", "**/*.js"],
    },
    include_package_data=False,
    install_requires=pinned("requirements.txt"),
)
