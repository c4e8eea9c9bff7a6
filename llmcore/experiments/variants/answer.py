"""What a run that compares architectures answers on the command line."""

from typing import Any

from llmcore.experiments.variants.cells import LOOK, VARIANTS, VariantCurves
from llmcore.runs.run import Run
from llmcore.texts import text_table


def answer(run: Run) -> tuple[dict[str, Any], str]:
    """`variants`: a line for each with its curves; `luck`: what another seed alone changes;
    `answer`: what the table says in sentences."""
    found = VariantCurves(run)
    values = found.to_dict()
    rows = [
        [
            VARIANTS[result.variant].label, f"{result.bits_per_byte:.4f}", f"{result.n_seeds}",
            f"{result.parameters:,}", f"{result.tokens_per_s:,.0f}", f"{result.seconds:.1f}",
            f"{result.cache_bytes:,}",
        ]
        for result in found.results()
    ]  # fmt: skip
    header = ["variant", "bits per byte", "seeds", "parameters", "tokens/s", "seconds",
              "cache bytes"]  # fmt: skip
    return values, "\n".join([*values["answer"], text_table(header, rows)])


def line(event: dict[str, Any]) -> str | None:
    """One line about a look at held-out text; None for another event."""
    if event.get("type") != LOOK:
        return None
    return (
        f"{event['variant']}, seed {event['seed'] + 1}, {event['tokens']:,} tokens: "
        f"{event['bits_per_byte']:.3f} bits per byte, {event['tokens_per_s']:,.0f} tokens/s"
    )
