"""Sizes to choose from: a model's shape with the training settings that suit it."""

from dataclasses import dataclass

from llmcore.config import ModelConfig, TrainConfig
from llmcore.errors import LabError


@dataclass(slots=True, frozen=True)
class Preset:
    """A size with its settings. `tokenizer`: the reference that the shape was made for, or "" for
    the lab's default; the vocabulary size follows the tokenizer."""

    name: str
    summary: str
    model: ModelConfig
    train: TrainConfig
    tokenizer: str = ""


def _gpt2(name: str, summary: str, n_layers: int, n_heads: int, d_model: int) -> Preset:
    """OpenAI's shapes (Radford et al. 2019, table 2) with GPT-3's settings for such sizes
    (Brown et al. 2020, table 2.1), half a million tokens in each step."""
    model = ModelConfig(
        vocab_size=50_257,
        context_length=1024,
        n_layers=n_layers,
        n_heads=n_heads,
        d_model=d_model,
        dropout=0.0,
    )
    train = TrainConfig(
        steps=20_000,
        batch_size=512,
        accumulation=64,
        learning_rate=6e-4 if d_model < 1000 else 3e-4 if d_model < 1400 else 2e-4,
        warmup_steps=700,
        eval_every=250,
        checkpoint_every=500,
    )
    return Preset(name, summary, model, train, tokenizer="gpt2")


PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "tiny",
            "under a million parameters; a minute on two cores",
            ModelConfig(context_length=128, n_layers=4, n_heads=4, d_model=64),
            TrainConfig(
                steps=400,
                batch_size=16,
                learning_rate=5e-3,
                warmup_steps=50,
                eval_every=50,
                checkpoint_every=50,
            ),
        ),
        Preset(
            "small",
            "about 6 million parameters; an hour or two on two cores",
            ModelConfig(context_length=256, n_layers=6, n_heads=8, d_model=256),
            TrainConfig(
                steps=5000,
                batch_size=16,
                learning_rate=1.5e-3,
                warmup_steps=200,
                eval_every=250,
                checkpoint_every=250,
            ),
        ),
        Preset(
            "base",
            "the shape of the bundled model; hours on two cores",
            ModelConfig(vocab_size=8192, context_length=256, n_layers=6, n_heads=4, d_model=256),
            TrainConfig(
                steps=5000,
                batch_size=16,
                learning_rate=2e-3,
                warmup_steps=200,
                eval_every=500,
                checkpoint_every=500,
            ),
        ),
        _gpt2("gpt2", "GPT-2 124M; a GPU for days", 12, 12, 768),
        _gpt2("gpt2-medium", "GPT-2 355M; GPUs for weeks", 24, 16, 1024),
        _gpt2("gpt2-large", "GPT-2 774M; many GPUs", 36, 20, 1280),
        _gpt2("gpt2-xl", "GPT-2 1.5B; many GPUs", 48, 25, 1600),
    )
}
DEFAULT_PRESET = "tiny"


def preset_named(name: str) -> Preset:
    try:
        return PRESETS[name]
    except KeyError:
        known = ", ".join(PRESETS)
        raise LabError(f"There is no preset {name!r}: choose one of {known}.") from None
