"""Settings of what no config.json describes: how text is written, what a tokenizer is trained
to, what a recipe is asked for; and which fields the commands that train have flags for."""

from collections.abc import Iterable
from dataclasses import dataclass

from llmcore.errors import LabError
from llmcore.schema import replace_surrogates
from llmcore.settings import Checked, setting

MAX_STOPS, MAX_STOP_LENGTH = 8, 100
MIN_PENALTY = 0.1
MIN_VOCAB_SIZE = 257  # every byte and <|endoftext|>
MAX_VOCAB_SIZE = 200_000
TOKENIZER_KINDS = ("bpe", "characters")
RULE_NAMES = ("lab", "gpt2", "cl100k", "words", "none")  # of llmcore.tokenizers.RULES

# What `pretrain` can be given: a run's command line is made of these, too.
PRETRAIN_MODEL = (
    "n_layers", "n_heads", "d_model", "position", "norm", "feed_forward", "n_kv_heads",
    "context_length", "dropout",
)  # fmt: skip
RHYTHM = ("log_every", "eval_every", "checkpoint_every")
MACHINE = ("device", "precision", "threads", "seed")
PRETRAIN_TRAIN = (
    "steps", "batch_size", "accumulation", "learning_rate", "warmup_steps", *RHYTHM,
    "snapshot_every", "head_scores", "patience", *MACHINE, "sharding", "compile",
)  # fmt: skip
PRETRAIN_DATA = ("validation_source", "text_column", "keep_marks", "encoding")
FINETUNE_TRAIN = (
    "batch_size", "learning_rate", "warmup_steps", *RHYTHM, "patience", *MACHINE,
)  # fmt: skip


@dataclass(slots=True, frozen=True)
class SamplingConfig(Checked):
    """How the next token is drawn, and when to stop.

    0 turns top_k, top_p, min_p and repetition_penalty off, and they read as None or 1 then. A
    temperature of 0 is no draw at all."""

    temperature: float = setting(0.8, "0 is greedy, 1 the model's own", 0.0, 100.0)
    top_k: int | None = setting(
        None, "choose among the k likeliest tokens only; 0: off", 0, 10_000_000
    )
    top_p: float | None = setting(
        None, "choose among the likeliest that hold this probability; 0 or 1: off", 0.0, 1.0
    )
    seed: int = setting(0, "seed of the choice", 0, 2**63 - 1)
    max_new_tokens: int = setting(100, "most tokens to add, at least 1", 1, 100_000)
    min_p: float | None = setting(
        None, "choose among tokens with this share of the likeliest one's chance; 0: off", 0.0, 1.0
    )
    repetition_penalty: float = setting(
        1.0, "above 1 makes tokens of the text so far less likely; 0 or 1: off", 0.0, 10.0
    )
    stop: tuple[str, ...] = setting(
        (), "end before this text; give it again for more such texts, leave it out for none"
    )

    def __post_init__(self) -> None:
        self.check_bounds()
        for name in ("top_k", "top_p", "min_p"):
            object.__setattr__(self, name, getattr(self, name) or None)
        object.__setattr__(self, "repetition_penalty", self.repetition_penalty or 1.0)
        if self.repetition_penalty < MIN_PENALTY:
            raise LabError(
                f"repetition_penalty is {self.repetition_penalty} but must be at least "
                f"{MIN_PENALTY:g}, or 0 or 1 for none."
            )
        stop: str | Iterable[str] = self.stop  # one alone, or a list of JSON, is taken as well
        given = (stop,) if isinstance(stop, str) else tuple(stop)
        stops = tuple(replace_surrogates(text) for text in dict.fromkeys(given))
        if len(stops) > MAX_STOPS:
            raise LabError(f"There are {len(stops)} stop strings: give at most {MAX_STOPS}.")
        if not all(1 <= len(stop) <= MAX_STOP_LENGTH for stop in stops):
            raise LabError(
                f"A stop string must have 1 to {MAX_STOP_LENGTH} characters: leave it out to have "
                f"none."
            )
        object.__setattr__(self, "stop", stops)


@dataclass(slots=True, frozen=True)
class TokenizerChoices(Checked):
    """What a tokenizer is trained to: `llmcore.tokenizers.Recipe`."""

    vocab_size: int = setting(
        MAX_VOCAB_SIZE, "number of distinct tokens", MIN_VOCAB_SIZE, MAX_VOCAB_SIZE, step=256
    )
    kind: str = setting("bpe", "bpe or characters", choices=TOKENIZER_KINDS)
    rule: str = setting(
        "lab", f"what cuts text before merging: {', '.join(RULE_NAMES)}", choices=RULE_NAMES,
        flag="--pattern",
    )  # fmt: skip
