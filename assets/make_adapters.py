"""Trains and bundles the three assistants of the lab: `make adapters`, minutes each on two cores.

    python assets/make_adapters.py [NAME ...]

Each is a LoRA adapter beside the bundled `base`: only its thin matrices are kept, in half
precision. The recipe is one command of the lab, as any user could type it. The figures on the
cards are those of the bundled files, measured after the bundling. An adapter belongs to exactly the
weights of its base: a new base needs new adapters.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from assets.adapter_card import write_card
from assets.bundling import BUNDLE, ROOT, bundle, lab
from llmcore.files import read_json, remove_tree, tree_bytes
from llmcore.recipes.instructions import ASSISTANT_LORA

NAMES = {
    "airline-support": "Airline assistant",
    "translation": "Translator",
    "general": "Writing assistant",
}
SEED = 1
MAX_BYTES = 2_000_000  # of a bundled adapter with all that lies beside it
DEFAULT_FOLDER = ROOT / "cache" / "adapters"
MORE: tuple[str, ...] = ("--log-every", "20")


def command(data: str, run: Path, parent: str = "base", more: tuple[str, ...] = MORE) -> list[str]:
    """The words after `python -m llmcore` that train the assistant."""
    lora = ASSISTANT_LORA
    return [
        "finetune", "--task", "instruct", "--data", data, "--model", parent, "--train", "lora",
        "--lora-rank", str(lora.rank), "--lora-alpha", f"{lora.alpha:g}", "--seed", str(SEED),
        *more, "--run-dir", str(run),
    ]  # fmt: skip


def train(words: list[str], run: Path) -> None:
    """Trains into `run`, goes on where an earlier call was cut off, or finds it finished."""
    if not (run / "config.json").is_file():
        lab(words)
    elif read_json(run / "status.json")["state"] != "done":
        lab(["runs", "resume", str(run)])


def bundle_adapter(run: Path, target: Path, title: str) -> int:
    """Copies the finished run's adapter to `target` and returns its bytes.

    Exits with a sentence where the run is not finished, was not trained beside a bundled model,
    or takes too much room.
    """
    status = read_json(run / "status.json")
    if status["state"] != "done":
        raise SystemExit(f"The run in {run} is {status['state']}: finish it first.")
    state = read_json(run / "checkpoints" / f"step_{status['best_step']:08d}" / "state.json")
    adapter = state.get("adapter")
    if adapter is None:
        raise SystemExit(f"The run in {run} keeps whole weights, no adapter: train it with LoRA.")
    parent = str(adapter["parent"]).partition("@")[0]
    if not (BUNDLE / parent).is_dir():
        raise SystemExit(f"{parent} does not come with the lab: train the adapter beside base.")
    bundle(run, target, title)
    if (n_bytes := tree_bytes(target)) > MAX_BYTES:
        remove_tree(target)
        raise SystemExit(f"The adapter takes {n_bytes:,} bytes but at most {MAX_BYTES:,} may.")
    return n_bytes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--out", type=Path, default=DEFAULT_FOLDER, help="working folder")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(NAMES):
        parser.error(f"no such assistant: {', '.join(sorted(unknown))}")
    for name in asked.names or NAMES:
        run, target = asked.out.resolve() / name, BUNDLE / name
        words = command(name, run)
        train(words, run)
        n_bytes = bundle_adapter(run, target, NAMES[name])
        print(f"{target.relative_to(ROOT)}: {n_bytes:,} bytes", flush=True)
        card = ROOT / "assets" / f"{name}-adapter-card.md"
        write_card(name, NAMES[name], run, target, words, card)
    lab(["applications", "measure"])  # assets/applications.json, which the gallery shows


if __name__ == "__main__":
    main()
