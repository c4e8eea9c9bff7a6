"""Export a model for other tools, and read what was written back before it is handed out."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from llmcore.convert.gpt2 import read_gpt2, write_gpt2
from llmcore.convert.gpt2_config import write_config
from llmcore.convert.hf_tokenizer import write_tokenizer
from llmcore.convert.locate import CONFIG, ForeignModel
from llmcore.convert.read_tokenizer import read_tokenizer
from llmcore.convert.verify import allowed_difference, largest_difference, probe_logits
from llmcore.errors import LabError
from llmcore.files import whole_directory, whole_file, write_json_atomic
from llmcore.nn.classifier import SequenceClassifier
from llmcore.paths import slug

if TYPE_CHECKING:
    from llmcore.models import Loaded
    from llmcore.nn.model import GPT

FORMATS = ("hf", "gguf")
GENERATION = "generation_config.json"
GGUF = ".gguf"


@dataclass(slots=True, frozen=True)
class Exported:
    """What was written, and how far it is from the model when it is read again."""

    path: Path
    parameters: int
    max_abs_logit_difference: float
    notices: list[str]


def export_model(loaded: "Loaded", format: str, out: Path) -> Exported:
    """Writes a model as a Hugging Face directory (`hf`) or one file for llama.cpp (`gguf`).

    out: a new or empty folder; for gguf also a new file whose name ends with .gguf. What was
    written is loaded again and compared before it appears at `out`, so that a failed check
    leaves nothing there. Raises LabError, or StateError if `out` holds something.
    """
    _check_parts(loaded)
    _check_tokenizer(loaded)
    out = out.expanduser().resolve()
    notices: list[str] = []
    if loaded.vote is not None:
        notices.append("The bag-of-words model of this classifier stays here: the export is the "
                       "model alone.")  # fmt: skip
    if format == "hf":
        with whole_directory(out) as aside:
            _write_hf(loaded, aside)
            difference = _checked(loaded.model, lambda: _read_hf(loaded, aside))
    elif format == "gguf" and out.suffix == GGUF:
        with whole_file(out) as aside:
            difference, notices = _gguf(loaded, aside)
    elif format == "gguf":
        name = f"{slug(_name(loaded))}{GGUF}"
        with whole_directory(out) as aside:
            difference, notices = _gguf(loaded, aside / name)
        out = out / name
    else:
        raise LabError(f"There is no format {format!r}: choose one of {', '.join(FORMATS)}.")
    n_parameters = sum(parameter.numel() for parameter in loaded.model.parameters())
    return Exported(out, n_parameters, difference, notices)


def _check_parts(loaded: "Loaded") -> None:
    """Raises LabError if the model has a part that GPT-2's formats have no word for."""
    if getattr(loaded.model, "reads_layers", False):
        raise LabError(
            f"The head of {loaded.ref} reads every layer, which GPT-2's format has no place for: "
            f"export the run (`runs export`), which a lab reads, or finetune with --train "
            f"last-block."
        )
    if parts := loaded.trunk.config.exchanged_parts():
        raise LabError(
            f"{loaded.ref} has {', '.join(parts)}, which GPT-2's format has no place for, and "
            f"both exports write that format: export the run (`runs export`), which a lab reads"
            f"{'' if loaded.trunk.config.causal else ', or finetune one with --causal'}."
        )


def _check_tokenizer(loaded: "Loaded") -> None:
    """Raises LabError if the model has no embedding for some of its tokenizer's tokens."""
    n_tokens, vocab_size = loaded.tokenizer.vocab_size, loaded.trunk.config.vocab_size
    if n_tokens > vocab_size:
        raise LabError(
            f"The tokenizer of {loaded.ref} has {n_tokens} tokens but the model only {vocab_size}: "
            f"they do not belong together, so there is nothing to export."
        )


def _write_hf(loaded: "Loaded", directory: Path) -> None:
    config, eot_id = loaded.trunk.config, loaded.tokenizer.eot_id
    write_json_atomic(directory / CONFIG, write_config(config, eot_id, loaded.labels))
    ends = {f"{end}_token_id": eot_id for end in ("bos", "eos", "pad")}
    write_json_atomic(directory / GENERATION, ends)
    write_tokenizer(loaded.tokenizer, directory, config.context_length)
    write_gpt2(loaded.model, directory)


def _read_hf(loaded: "Loaded", directory: Path) -> "GPT | SequenceClassifier":
    """The model as the lab reads any Hugging Face directory. Raises LabError if the tokenizer
    or the labels came back as others."""
    model, labels = read_gpt2(ForeignModel(loaded.ref, directory))
    ours = loaded.tokenizer
    theirs = read_tokenizer(directory, ours.name, loaded.trunk.config.vocab_size, ours.eot_id)
    if theirs is None or theirs.fingerprint != ours.fingerprint:
        raise LabError("the tokenizer came back as another.")
    if labels != loaded.labels:
        raise LabError("the labels came back as others.")
    return model


def _gguf(loaded: "Loaded", path: Path) -> tuple[float, list[str]]:
    """Writes and checks the file; the largest difference, and what a person should know."""
    from llmcore.convert.gguf_file import check_gguf, write_gguf

    model, tokenizer = loaded.model, loaded.tokenizer
    if isinstance(model, SequenceClassifier):
        raise LabError(
            f"{loaded.ref} is a classifier, and GGUF's gpt2 architecture has no head for classes: "
            f"export it with the format hf, or export the language model it came from."
        )
    notices = write_gguf(model, tokenizer, path, _name(loaded))
    return _checked(model, lambda: check_gguf(path, model, tokenizer)), notices


def _checked(
    model: "GPT | SequenceClassifier", read: Callable[[], "GPT | SequenceClassifier"]
) -> float:
    """The largest difference of logits between the model and what `read` gives back. Raises
    LabError if that is more than rounding, or if it cannot be read."""
    logits = probe_logits(model)
    try:
        difference = largest_difference(logits, probe_logits(read()))
    except LabError as error:
        raise LabError(f"The export did not pass its check and was deleted: {error}") from error
    if difference > allowed_difference(logits):
        raise LabError(
            f"The export did not pass its check and was deleted: its logits differ by "
            f"{difference:.2g} from the model's, which is more than rounding."
        )
    return difference


def _name(loaded: "Loaded") -> str:
    return str(loaded.card.get("name") or loaded.ref)
