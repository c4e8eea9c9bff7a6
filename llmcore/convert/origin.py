"""Where a model comes from that no lab pretrained, and what is known of it."""

from llmcore.convert.packaged_model import PACKAGED_MODELS
from llmcore.errors import LabError
from llmcore.runs import Run, RunInfo, open_run
from llmcore.runs.reference import name_of

MAY_HAVE_SEEN = (
    "Its pretraining may have seen the public test sets, so its scores on them may be too high."
)
INVENTS = "A model of this size invents facts: check what it says."
SMALL = 3_000_000_000  # parameters; larger ones invent as well, only less often


def known_of(info: RunInfo, n_parameters: int) -> list[str]:
    """Sentences on a run that was made from a model of another tool; none for other runs."""
    if info.source is None:
        return []
    packaged = PACKAGED_MODELS.get(info.id) if info.example else None
    told = [MAY_HAVE_SEEN, *([INVENTS] if n_parameters < SMALL else [])]
    if packaged is None:
        return [
            f"Made from {info.source}, which was pretrained elsewhere: its own card says by whom, "
            f"on what and under which licence.",
            *told,
        ]
    return [
        f"{packaged.origin} It came in the package {packaged.distribution} {packaged.version}, "
        f"under the licence {packaged.licence}.",
        packaged.precision,
        "Which texts it learned from is not known for sure: the file does not say, and the lab "
        "cannot check it.",
        *told,
    ]


def pretrained_elsewhere(run: Run) -> str | None:
    """The name of the model from elsewhere that a run grew out of, or is; None if a lab pretrained
    it, or if the models between are gone."""
    seen: set[str] = set()
    while True:
        info = run.info()
        if info.source is not None:
            return info.name
        if info.parent is None or info.parent in seen:
            return None
        seen.add(info.parent)
        try:
            run = open_run(name_of(info.parent))
        except LabError:
            return None
