"""The llmcore calls and the command line that do what a view of the Attention page does."""

import shlex

from llmcore.errors import LabError
from llmcore.runs.reference import name_of

SHOWN_CHARACTERS = 80
_PYTHON = {
    "look": """
from llmcore.generation import next_tokens
from llmcore.interpret.attention import attend
from llmcore.interpret.bertviz_html import view_html

record = attend(loaded.trunk, loaded.tokenizer, text)
record.weights.shape   # (layers, heads, tokens, tokens), each row sums to 1
open("heads.html", "w").write(view_html("head", record.weights, record.labels))
next_tokens(loaded.trunk, loaded.tokenizer, text, k=10)
""",
    "types": """
from llmcore.tasks.head_types import head_scores

scores = head_scores(loaded.trunk, loaded.tokenizer)
scores.best("induction")[:5]            # (layer, head, score), on random repeats
scores.best("previous", on="text")[:5]  # the same on held-out text
""",
    "off": """
from llmcore.interpret.ablation import Part, outcome

ids = loaded.tokenizer.encode(text)
head = Part.parse("L0H0", loaded.trunk.config)
outcome(loaded, ids).loss, outcome(loaded, ids, [head]).loss   # nats a token
""",
    "layers": """
from llmcore.interpret.lens import logit_lens, logit_shares

ids = loaded.tokenizer.encode(text)
lens = logit_lens(loaded.trunk, ids)
lens.ids[:, -1, 0]                     # the top token after the embedding and each layer
shares = logit_shares(loaded.trunk, ids, len(ids) - 1, int(lens.ids[-1, -1, 0]))
shares.logit, shares.total             # the shares add up to the logit
""",
    "compare": """
from llmcore.interpret.side_by_side import difference

ids = loaded.tokenizer.encode(text)
other = loaded.tokenizer.encode(text + " and so on")
found = difference(loaded.trunk, ids, loaded.trunk, other)
found.attention                        # (layers, heads), 0 where a head looks at the same
""",
    "over_time": """
from llmcore.interpret.over_time import frame_at, timelines
from llmcore.runs import Run

run = Run(timelines()[0].info.directory)   # the newest run that keeps snapshots
for snapshot in run.checkpoints():
    frame = frame_at(run, snapshot, text)
    print(frame.step, frame.answers[0], frame.sample)
""",
    "induction": """
from llmcore.runs import Run, RunStore
from llmcore.experiments.induction.emergence import emergence, is_experiment

for info in RunStore().list():
    run = Run(info.directory)
    if is_experiment(run.config):
        found = emergence(run.metrics())
        print(info.id, found.appears_step)   # a head spends half of its attention on induction
""",
}
_COMMANDS = {"induction": "python -m llmcore induction"}


def code_of(view: str, ref: str, text: str) -> tuple[str, str]:
    """Python and command line of a view."""
    shown = text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 3] + "..."
    python = (
        f"from llmcore.models import load\n\nloaded = load({ref!r})\ntext = {shown!r}\n"
        f"{_PYTHON[view]}"
    )
    if view in _COMMANDS:
        return python, _COMMANDS[view]
    model = f"--model {shlex.quote(ref)}"
    if _is_classifier(ref):  # `generate` refuses it: it is asked for its label instead
        return python, f"python -m llmcore classify {model} -- {shlex.quote(shown)}"
    # `=` keeps a text that begins with a hyphen from being read as an option.
    cli = f"python -m llmcore generate {model} {shlex.quote('--prompt=' + shown)}"
    return python, f"{cli} --max-new-tokens 1 --temperature 0"


def _is_classifier(ref: str) -> bool:
    from llmcore.models import list_models

    try:
        kinds = {entry.ref: entry.kind for entry in list_models()}
    except LabError:
        return False
    return kinds.get(name_of(ref)) == "classifier"
