"""Writes the base model's card from its run: every number in it was measured by the lab."""

from pathlib import Path
from typing import Any

from assets.base_text import BUILTIN
from assets.bundling import lab_json
from llmcore.files import read_json, write_text_atomic

PROMPTS = (
    "Once upon a time",
    "The old man looked at the sea and",
    '"I never said that," she answered,',
    "When the door opened, the children",
    "The captain gave the order, and",
    "It was late in the evening when",
    "In the middle of the forest there was",
    "My dear friend,",
    "The most important thing about a good book is",
    "Q: What is your name?\nA:",
)
SAMPLE_TOKENS = 80
TEMPERATURE = 0.8

TEMPLATE = """# Model card: base

A GPT-2-shaped language model of {parameters:,} parameters ({n_layers} layers, {n_heads} heads, \
width {d_model}, context {context_length} tokens, vocabulary {vocab_size:,}), trained from random \
weights by this project's own `pretrain` command. `assets/make_base.py` is the whole recipe.

## Data

| source | documents | bytes | seen times in the text |
| --- | ---: | ---: | ---: |
{data_table}

{books_kept} of {books_read} book files are left after doubles; {n_held_out} whole books were held \
out for validation: {held_out}. Of the built-in corpora only their training part was used, and \
documents or lines equal to one of {held_back_texts:,} held-back texts (messages of sms-spam, test \
texts of tweet-sentiment) were taken out: {n_withheld} were found.

## Training

{step:,} steps of {batch_size} windows of {context_length} tokens. The weights are those of step \
{best_step:,}, after {tokens:,} tokens, where the validation loss was lowest: {val_loss:.4f} nats \
a token.

## Measured on held-out text

| text | tokens | loss | perplexity | bits per byte |
| --- | ---: | ---: | ---: | ---: |
{score_table}

Bits per byte: the sum of the losses in bits, divided by the UTF-8 bytes of the text, so that \
models of different tokenizers compare on one text. Every token is scored once, in windows of \
{context_length} tokens that overlap by half, so that each has at least half a context before it. \
Windows that do not overlap read higher, since their first tokens have next to nothing before \
them: lm-evaluation-harness 0.4.13 gives 1.6668 where this measure gives 1.6339 (2.0% lower).

## Ten unedited samples

Temperature {temperature}, {sample_tokens} tokens, seeds 1 to 10. The prompt is in bold.

{samples}

## Limits

- Its sentences mostly read as English and often make no sense; it knows few facts and invents \
the rest: never rely on what it says.
- Most of its text is fiction of 1860 to 1960, with the prejudices of that time, and it has seen \
little of how people write today: tweets up to 2015, web pages, simple stories.
- It reads English only, at most {context_length} tokens at once, and follows no instructions \
before it was finetuned.
- Curly quotes, long dashes and other typographic marks stand in its text in their plain ASCII \
forms, so it meets the curly ones as rare bytes.
"""


def write_card(folder: Path, bundled: Path, path: Path) -> None:
    """Measures the model in `bundled` and writes its card; `folder` holds what it learned from."""
    data = read_json(folder / "card.json")
    config, status = read_json(bundled / "config.json"), read_json(bundled / "status.json")
    scores = {"held-out books": folder / "validation.txt", **{name: name for name in BUILTIN}}
    sources = data["sources"]
    text = TEMPLATE.format(
        **config["model"],
        **{key: data[key] for key in ("books_kept", "books_read", "held_back_texts")},
        parameters=_parameters(config),
        data_table="\n".join(map(_source_row, sources.items())),
        n_held_out=len(data["held_out"]),
        held_out="; ".join(
            f"{held_out['title']} ({held_out['author']})" for held_out in data["held_out"]
        ),
        n_withheld=sum(
            source["withheld_documents"] + source["withheld_lines"] for source in sources.values()
        ),
        step=status["step"],
        best_step=status["best_step"],
        val_loss=status["val_loss"],
        batch_size=config["train"]["batch_size"],
        tokens=_tokens_seen(config, status["best_step"]),
        score_table="\n".join(_score_row(bundled, name, str(of)) for name, of in scores.items()),
        temperature=TEMPERATURE,
        sample_tokens=SAMPLE_TOKENS,
        samples="\n\n".join(_sample(bundled, seed, p) for seed, p in enumerate(PROMPTS, 1)),
    )
    write_text_atomic(path, text)


def _parameters(config: dict[str, Any]) -> int:
    from llmcore.config import ModelConfig

    return ModelConfig.from_dict(config["model"]).n_parameters()


def _tokens_seen(config: dict[str, Any], step: int) -> int:
    return step * config["train"]["batch_size"] * config["model"]["context_length"]


def _source_row(item: tuple[str, dict[str, int]]) -> str:
    name, one = item
    return f"| {name} | {one['documents']:,} | {one['bytes']:,} | {one['repeats']} |"


def _score_row(bundled: Path, name: str, data: str) -> str:
    score = lab_json(["evaluate", "--model", str(bundled), "--data", data])
    return (
        f"| {name} | {score['n']:,} | {score['loss']:.4f} | {score['perplexity']:.2f} "
        f"| {score['bits_per_byte']:.4f} |"
    )


def _sample(bundled: Path, seed: int, prompt: str) -> str:
    made = lab_json(
        [
            "generate", "--model", str(bundled), "--prompt", prompt, "--seed", str(seed),
            "--max-new-tokens", str(SAMPLE_TOKENS), "--temperature", str(TEMPERATURE),
        ]
    )  # fmt: skip
    return f"{seed}. **{_inline(prompt)}**{_inline(made['text'])}"


def _inline(text: str) -> str:
    """`text` on one line of Markdown, its marks escaped and its line ends shown as ⏎."""
    shown = text.replace("\\", "\\\\").replace("\n", " ⏎ ")
    return "".join(f"\\{c}" if c in "*_`<>[]#" else c for c in shown)
