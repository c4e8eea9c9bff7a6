"""Settings, one dataclass for each owner. UI widgets, CLI flags and config.json come from these."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from llmcore.errors import LabError
from llmcore.kinds import KINDS, experiment_of, experiments
from llmcore.schema import build
from llmcore.settings import Checked, setting

SCHEMA_VERSION = 1
SCHEMA_KEY = "llmlab_schema"
PRECISIONS = ("fp32", "bf16", "auto")
DEVICES = ("auto", "cpu", "cuda", "mps")  # and cuda:1 and its like, in config.json
SHARDINGS = ("auto", "none", "full")
KEPT = ("best", "last")
AUTO = "auto"  # what learns, by the number of training texts
TRAINABLE = ("head", "last-block", "all", "lora", "probe")
BALANCES = ("none", "equal", "weights")
POSITIONS = ("learned", "rope")
NORMS = ("layer", "rms")
FEED_FORWARDS = ("gelu", "swiglu")
FILE_TASKS = ("classify", "instruct", "corpus")  # what a user's file can teach
LORA_TARGETS = ("qkv", "output", "up", "down")
ATTENTION_BIASES = ("all", "qkv", "none")
ROPE_SCALINGS = ("linear", "llama3")
NORM_EPS = 1e-5  # LayerNorm's of torch and GPT-2, and Llama's
ROPE_BASE = 10_000.0  # the paper's


@dataclass(slots=True, frozen=True)
class RopeScaling(Checked):
    """How rotary positions were slowed down for texts longer than those of the pretraining."""

    kind: str = setting(
        "linear", "linear: every angle is divided by the factor (Chen et al. 2023); llama3: only "
        "those of slow pairs are, and those between in part (Llama 3.1)", choices=ROPE_SCALINGS,
    )  # fmt: skip
    factor: float = setting(1.0, "how much slower the slow pairs turn", 1.0, 1e6)
    low_frequency: float = setting(
        1.0, "llama3: a pair that turns fewer times in the first context is slow", 0.0, 1e6
    )
    high_frequency: float = setting(
        4.0, "llama3: a pair that turns more times than this stays as it is", 0.0, 1e6
    )
    first_context: int = setting(
        8192, "llama3: context length of the pretraining, in tokens", 1, 100_000_000
    )

    def __post_init__(self) -> None:
        self.check_bounds()
        if self.kind == "llama3" and self.high_frequency <= self.low_frequency:
            raise LabError(
                f"The scaling of rotary positions has high_frequency {self.high_frequency:g}, "
                f"which must be above low_frequency {self.low_frequency:g}."
            )


@dataclass(slots=True, frozen=True)
class ModelConfig(Checked):
    """The shape of a GPT-2-style decoder (Radford et al. 2019; Raschka, chapter 4), and the parts
    of it that are exchanged for newer ones; without those it is GPT-2."""

    vocab_size: int = setting(1024, "number of distinct tokens", 2, 1_000_000, step=1000)
    context_length: int = setting(128, "longest sequence of tokens that the model sees", 2, 65_536)
    n_layers: int = setting(4, "number of transformer blocks", 1, 200)
    n_heads: int = setting(4, "attention heads in each block", 1, 256)
    d_model: int = setting(128, "width of the residual stream (channels)", 2, 65_536)
    dropout: float = setting(0.0, "share of activations dropped while training", 0.0, 0.9)
    tied_head: bool = setting(True, "output head shares the token embedding's weights")
    position: str = setting(
        "learned", "learned: an embedding for each position; rope: queries and keys are turned "
        "by their position (Su et al. 2021)", choices=POSITIONS,
    )  # fmt: skip
    norm: str = setting(
        "layer", "layer: LayerNorm; rms: RMSNorm, without mean and bias (Zhang & Sennrich 2019)",
        choices=NORMS,
    )  # fmt: skip
    feed_forward: str = setting(
        "gelu", "gelu: two layers with GELU between; swiglu: a gated layer (Shazeer 2020)",
        choices=FEED_FORWARDS,
    )  # fmt: skip
    n_kv_heads: int = setting(
        0, "heads of keys and values, shared by groups of query heads (Ainslie et al. 2023); "
        "0: as many as n_heads", 0, 256,
    )  # fmt: skip
    causal: bool = setting(
        True, "a token sees itself and what stands before it; without, the whole text (BERT, "
        "Devlin et al. 2019): a classifier reads better so, but cannot continue a text",
    )  # fmt: skip

    d_inner: int = setting(
        0, "inner width of the feed-forward layers; 0: 4 times d_model, or 8/3 of it for swiglu",
        0, 1_000_000,
    )  # fmt: skip
    head_size: int = setting(
        0, "channels of one attention head; 0: d_model / n_heads (Qwen3 has more)", 0, 65_536
    )
    attention_bias: str = setting(
        "all", "which of attention's matrices have biases: all (GPT-2), qkv: queries, keys and "
        "values alone (Qwen2), none (Llama)", choices=ATTENTION_BIASES,
    )  # fmt: skip
    qk_norm: bool = setting(
        False, "queries and keys of each head go through an RMSNorm of their own (Qwen3)"
    )
    norm_eps: float = setting(
        NORM_EPS, "what norms add to the mean square, so that nothing is divided by 0", 0.0, 1.0
    )
    rope_base: float = setting(
        ROPE_BASE, "rope: the last pair of channels turns by about one part in so many of a radian "
        "for each token (Llama 3: 500,000)", 1.0, 1e12,
    )  # fmt: skip
    rope_skip: int = setting(
        0, "rope: every so many layers one does not turn queries and keys (SmolLM3: 4); 0: all do",
        0, 200,
    )  # fmt: skip
    rope_scaling: RopeScaling | None = setting(  # noqa: RUF009
        None, "rope: how positions were slowed down for longer texts; null: not at all"
    )

    def __post_init__(self) -> None:
        self.check_bounds()
        if not self.head_size and self.d_model % self.n_heads:
            raise LabError(
                f"d_model {self.d_model} is not divisible by n_heads {self.n_heads}: "
                f"choose a width that is a multiple of the number of heads."
            )
        if self.n_heads % self.kv_heads:
            raise LabError(
                f"n_heads {self.n_heads} is not divisible by n_kv_heads {self.n_kv_heads}: "
                f"each head of keys and values serves equally many query heads."
            )
        if self.n_kv_heads == self.n_heads:
            object.__setattr__(self, "n_kv_heads", 0)  # one way to say it, so that shapes compare
        if self.head_size * self.n_heads == self.d_model:
            object.__setattr__(self, "head_size", 0)
        if self.d_inner == self._usual_inner:
            object.__setattr__(self, "d_inner", 0)
        if self.position == "rope" and self.d_head % 2:
            raise LabError(
                f"Rotary positions turn pairs of channels but a head has {self.d_head}: choose "
                f"d_model and n_heads so that d_model / n_heads is even."
            )

    @property
    def d_head(self) -> int:
        """Channels of one head."""
        return self.head_size or self.d_model // self.n_heads

    @property
    def d_heads(self) -> int:
        """Width of what all query heads give, side by side; in most models d_model."""
        return self.n_heads * self.d_head

    @property
    def kv_heads(self) -> int:
        """Heads of keys and values that there are."""
        return self.n_kv_heads or self.n_heads

    @property
    def d_qkv(self) -> int:
        """Width of queries, keys and values side by side."""
        return (self.n_heads + 2 * self.kv_heads) * self.d_head

    @property
    def d_feed_forward(self) -> int:
        """Inner width of the feed-forward layers."""
        return self.d_inner or self._usual_inner

    @property
    def _usual_inner(self) -> int:
        """4 C; for SwiGLU, which has a third matrix, the multiple of 8 nearest to 8/3 C, so that
        it has about as many parameters."""
        if self.feed_forward == "gelu":
            return 4 * self.d_model
        return 8 * max(1, round(self.d_model / 3))

    def linear_shapes(self) -> dict[str, tuple[int, int]]:
        """(in, out) of the matrices in each block."""
        C, F = self.d_model, self.d_feed_forward
        gated = self.feed_forward == "swiglu"
        return {
            "qkv": (C, self.d_qkv),
            "output": (self.d_heads, C),
            "up": (C, 2 * F if gated else F),
            "down": (F, C),
        }

    def parameters_of_a_block(self) -> dict[str, int]:
        """Parameter counts of one block that sum to all of it."""
        C, shapes = self.d_model, self.linear_shapes()
        sizes = {name: wide * narrow for name, (wide, narrow) in shapes.items()}
        biases = 0 if self.feed_forward == "swiglu" else self.d_feed_forward + C
        own = {"all": self.d_qkv + C, "qkv": self.d_qkv, "none": 0}[self.attention_bias]
        return {
            "attention": sizes["qkv"] + sizes["output"] + own,
            "feed-forward": sizes["up"] + sizes["down"] + biases,
            "layer norms": 2 * self.parameters_of_a_norm() + 2 * self.d_head * self.qk_norm,
        }

    def parameters_of_a_norm(self) -> int:
        """A scale for each channel, and LayerNorm's bias."""
        return self.d_model if self.norm == "rms" else 2 * self.d_model

    def parameters_by_part(self) -> dict[str, int]:
        """Parameter counts that sum to the model's total; a tied head counts nothing."""
        C, block = self.d_model, self.parameters_of_a_block()
        learned = self.position == "learned"
        return {
            "token embedding": self.vocab_size * C,
            "position embedding": self.context_length * C if learned else 0,
            "attention": self.n_layers * block["attention"],
            "feed-forward": self.n_layers * block["feed-forward"],
            "layer norms": self.n_layers * block["layer norms"] + self.parameters_of_a_norm(),
            "output head": 0 if self.tied_head else self.vocab_size * C,
        }

    def n_parameters(self) -> int:
        return sum(self.parameters_by_part().values())

    def flops_per_token(self) -> int:
        """Forward and backward: 6 N for the matrices that multiply plus attention's 12 L C T / 2
        (Kaplan et al. 2020, section 2.1, with the causal half). Shared keys and values are
        multiplied as often as if every head had its own."""
        parts = self.parameters_by_part()
        matrices = parts["attention"] + parts["feed-forward"] + self.vocab_size * self.d_model
        return 6 * matrices + 6 * self.n_layers * self.d_heads * self.context_length

    def cache_bytes_per_token(self, bytes_per_number: int = 4) -> int:
        """What a key and a value for each layer and head of keys and values take."""
        return 2 * self.n_layers * self.kv_heads * self.d_head * bytes_per_number

    def n_read(self, layers: bool) -> int:
        """How many numbers of a text a classifier's head reads: one state, or the mean, maximum
        and minimum of those of all layers."""
        return self.d_model * (3 * (self.n_layers + 1) if layers else 1)

    def exchanged_parts(self) -> list[str]:
        """Names of what is not GPT-2's; empty if its file formats can say all of it."""
        parts = {
            "RoPE": self.position == "rope", "RMSNorm": self.norm == "rms",
            "SwiGLU": self.feed_forward == "swiglu", "GQA": self.n_kv_heads > 0,
            "another inner width": self.d_inner > 0, "another head size": self.head_size > 0,
            "no biases in attention": self.attention_bias != "all",
            "norms of queries and keys": self.qk_norm,
            "another epsilon in its norms": self.norm_eps != NORM_EPS,
            "attention to both sides": not self.causal,
        }  # fmt: skip
        return [name for name, is_newer in parts.items() if is_newer]


@dataclass(slots=True, frozen=True)
class TrainConfig(Checked):
    """How a model is optimised: AdamW, warm-up then cosine decay, clipped gradients."""

    steps: int = setting(1000, "number of optimizer steps", 1, 100_000_000, step=100)
    batch_size: int = setting(16, "sequences in each step", 1, 65_536)
    accumulation: int = setting(1, "micro-batches that make up one step's batch", 1, 65_536)
    learning_rate: float = setting(1e-3, "peak learning rate", 0.0, 10.0, step=1e-4)
    min_learning_rate: float = setting(0.1, "final learning rate as a share of the peak", 0.0, 1.0)
    warmup_steps: int = setting(50, "steps in which the learning rate rises", 0, 10_000_000)
    weight_decay: float = setting(0.1, "AdamW's decay, on matrices only", 0.0, 10.0)
    beta1: float = setting(0.9, "AdamW's first-moment decay", 0.0, 0.99999)
    beta2: float = setting(0.95, "AdamW's second-moment decay", 0.0, 0.99999)
    grad_clip: float = setting(1.0, "largest gradient norm; 0 switches clipping off", 0.0, 1e6)
    log_every: int = setting(1, "steps between two lines of training metrics", 1, 1_000_000)
    eval_every: int = setting(100, "steps between two evaluations", 1, 100_000_000)
    eval_batches: int = setting(16, "validation batches in each evaluation", 1, 1_000_000)
    checkpoint_every: int = setting(100, "steps between two checkpoints", 1, 100_000_000)
    patience: int = setting(
        -1,
        "stop after so many evaluations without a lower validation loss; 0 never; "
        "-1: 10 where the run reads its data more than 5 times, else never",
        -1,
        1_000_000,
    )
    keep: str = setting(
        "best", "weights that are the result: best (those of the lowest validation loss) or last",
        choices=KEPT,
    )  # fmt: skip
    seed: int = setting(42, "seed of weights, data order and dropout", 0, 2**63 - 1)
    device: str = setting("auto", "auto, cpu, cuda or mps", choices=DEVICES, only=False)
    threads: int = setting(0, "CPU threads; 0 leaves torch's choice", 0, 1024)
    precision: str = setting(
        "fp32",
        "fp32; bf16: matrix products in half the bits; auto: bf16 where the chip multiplies it "
        "itself, which is about twice as fast",
        choices=PRECISIONS,
    )
    compile: bool = setting(
        False, "compile each block with torch.compile before the first step (pays on CUDA)"
    )
    sharding: str = setting(
        "auto",
        "under torchrun: none: each process holds the whole model; full: its share of it; auto: "
        "full where the model does not fit one GPU",
        choices=SHARDINGS,
    )
    snapshot_every: int = setting(
        0,
        "keep a snapshot of the weights every so many steps for the time slider, beside those of "
        "steps 1, 2, 5, 10, 20, …; 0 keeps only those",
        0,
        100_000_000,
    )
    head_scores: bool = setting(
        False, "measure at each evaluation what the attention heads do (pretraining)"
    )
    init_std: float = setting(
        0.02, "spread of the first weights: GPT-2's; narrow models begin better near 1 / √width",
        1e-4, 1.0,
    )  # fmt: skip

    def __post_init__(self) -> None:
        self.check_bounds()
        if self.batch_size % self.accumulation:
            raise LabError(
                f"batch_size {self.batch_size} is not divisible by accumulation "
                f"{self.accumulation}: each micro-batch must have the same size."
            )


@dataclass(slots=True, frozen=True)
class DataConfig(Checked):
    """What a run learns from. `source` is a built-in name, a mix `a+b`, or a file."""

    source: str = setting("shakespeare", "built-in name, a mix such as a+b, or a file")
    text_column: str | None = setting(
        None,
        "column that holds the text (labelled data; a table to pretrain on), by name or number",
    )
    label_column: str | None = setting(
        None, "column that holds the label (labelled data), by name or number"
    )
    encoding: str | None = setting(
        None, "how the file's bytes are to be read, such as utf-8 or windows-1252 (else guessed)"
    )
    keep_spellings: bool = setting(
        False, "labels that differ only in case, spaces or the format of numbers stay apart"
    )
    keep_markup: bool = setting(False, "tags and entities of HTML stay in the texts as they are")
    sample: int | None = setting(
        None, "labelled data: learn from this many rows, drawn at random", 2, 1e9,
        step=100,
    )  # fmt: skip
    validation: float = setting(0.1, "share held out for validation", 0.0, 0.9)
    validation_source: str | None = setting(
        None, "text to validate on (pretraining), instead of a share held out of the corpus",
        flag="--validation-corpus",
    )  # fmt: skip
    test: float = setting(0.2, "share held out for the test (labelled data)", 0.0, 0.9)
    balance: str = setting(
        "none",
        "none; equal: as many training texts of each class; weights: rare classes count more in "
        "the loss",
        choices=BALANCES,
    )
    instruction_column: str | None = setting(
        None, "column that holds the question (instructions), by name or number"
    )
    input_column: str | None = setting(
        None, "column that holds the text it is about, by name or number; empty: there is none"
    )
    output_column: str | None = setting(
        None, "column that holds the answer (instructions), by name or number"
    )
    system_column: str | None = setting(
        None, "column that holds the system text (instructions), by name or number; empty: none"
    )
    template: str = setting(
        "plain", "prompt template: plain, alpaca, chat, or a text that holds {instruction}"
    )
    read_as: str = setting(
        "text", "pretraining: text: a file is one text as it stands; documents: by its content",
        choices=("text", "documents"),
    )  # fmt: skip
    keep_marks: bool = setting(
        False, "leave <|endoftext|> in a text as it stands (pretraining), else it parts documents"
    )
    packing: bool = setting(
        False, "instructions: several examples share a row, and each sees itself alone",
        flag="--packing/--no-packing",
    )  # fmt: skip

    def __post_init__(self) -> None:
        self.check_bounds()


@dataclass(slots=True, frozen=True)
class LoraConfig(Checked):
    """The thin matrices that learn beside frozen ones (Hu et al. 2021, section 4)."""

    rank: int = setting(8, "LoRA: columns of the thin matrices; more learn more", 1, 1024)
    alpha: float = setting(
        16.0, "LoRA: weight of the correction, divided by the rank", 0.0, 1e6, step=1.0
    )
    targets: tuple[str, ...] = setting(
        LORA_TARGETS, "LoRA: adapted layers of each block, of qkv, output, up, down"
    )

    def __post_init__(self) -> None:
        self.check_bounds()
        object.__setattr__(self, "targets", tuple(self.targets))  # JSON gives a list
        if not self.targets or not set(self.targets) <= set(LORA_TARGETS):
            named = ", ".join(map(str, self.targets)) or "none"
            raise LabError(
                f"LoRA's targets are {named:.100} but must be some of {', '.join(LORA_TARGETS)}."
            )

    def n_parameters(self, model: ModelConfig) -> int:
        """How many numbers the adapters of a model hold: rank · (in + out) a layer."""
        shapes = model.linear_shapes()
        return model.n_layers * self.rank * sum(sum(shapes[name]) for name in set(self.targets))


@dataclass(slots=True, frozen=True)
class FinetuneChoices(Checked):
    """What the recipe of a finetune turns into steps and into what learns."""

    trainable: str = setting(
        AUTO,
        "what learns: all, last-block, head, lora (thin matrices beside all layers) or, of a "
        "classifier, probe (a head over every layer of the model, which stands still); auto: "
        "probe for up to 10,000 texts, else all",
        choices=(AUTO, *TRAINABLE),
        flag="--train",
    )
    epochs: int | None = setting(None, "times that each training text is seen", 1, 10_000)


@dataclass(slots=True, frozen=True)
class RunConfig(Checked):
    """All that a run was asked to do; written once as config.json.

    kind: one of `llmcore.kinds`. experiment: the settings of a kind that trains many small models
    and keeps none of them, whose `train.steps` counts its points or cells; in the file they are
    under the key of that kind (`curve`, `compare`, `diverse`, `variants`, …). tokenizer
    (pretrain): a reference, or "" for the default: `base`'s if it is bundled, else a BPE of
    `model.vocab_size` trained on the corpus. parent (the finetunes): the model reference that is
    finetuned. trainable: `head`, `last-block`, `all`, `probe` (a head over every layer) or `lora`,
    whose settings are in `lora` (None for the others). words (classify): the words of a text vote
    beside the model. reading: the report on how the user's file was read, None for built-in data.
    """

    kind: str
    name: str
    model: ModelConfig
    train: TrainConfig
    data: DataConfig
    tokenizer: str = ""
    parent: str | None = None
    trainable: str = "all"
    words: bool = False
    lora: LoraConfig | None = None
    preset: str | None = None
    sample_prompt: str = ""
    experiment: Any = None
    reading: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise LabError(f"kind is {self.kind!r:.60} but must be one of {', '.join(KINDS)}.")
        record = experiment_of(self.kind)
        fitting = type(None) if record is None else record.load("settings")
        if not isinstance(self.experiment, fitting):
            raise LabError(
                f"A run of kind {self.kind} with settings {self.experiment!s:.200} cannot be."
            )
        if self.trainable not in TRAINABLE:
            raise LabError(
                f"train is {self.trainable!r:.60} but must be one of {', '.join(TRAINABLE)}."
            )
        if self.train.sharding == "full" and self.kind != "pretrain":
            raise LabError("Only pretraining can be sharded: leave sharding at auto.")
        if self.trainable == "lora" and self.lora is None:
            object.__setattr__(self, "lora", LoraConfig())

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """As `Checked.from_dict`. The settings of an experiment are under its own key."""
        kind = values.get("kind")
        record = experiment_of(kind) if isinstance(kind, str) else None
        made = None
        for experiment in experiments():
            if (found := values.get(experiment.key)) is None:
                continue
            if experiment is not record:
                raise LabError(
                    f"A run of kind {kind!s:.60} with settings {found!s:.200} cannot be."
                )
            made = build(
                experiment.load("settings"),
                found,
                f"{cls.__name__}: {experiment.key}",
                bounds=False,
            )
        return build(cls, {**values, "experiment": made}, cls.__name__, bounds=False)

    def to_dict(self) -> dict[str, Any]:
        values = asdict(self)
        made, record = values.pop("experiment"), experiment_of(self.kind)
        return values | {
            experiment.key: made if experiment is record else None for experiment in experiments()
        }

    @property
    def reads_layers(self) -> bool:
        """Whether a classifier's head reads every layer."""
        return self.trainable == "probe"

    def head_parameters(self, n_classes: int) -> int:
        """Weights and biases of a classifier's head."""
        return n_classes * (self.model.n_read(self.reads_layers) + 1)
