"""One string names a model everywhere: `starter`, `base`, a run id, `RUN@STEP`, a directory, or
a Hugging Face name such as `gpt2` whose download is on this machine. `resolve` says what it
means.

Bundled models are runs in assets/runs, so one rule serves all. Importing this package
and listing models imports no torch; loading does.
"""

from llmcore.models.classify import classify_alone, classify_texts, labels_of
from llmcore.models.listing import (
    BUNDLED,
    BUNDLED_ASSISTANTS,
    MODEL_KINDS,
    ModelEntry,
    adapters_of,
    default_assistant,
    default_model,
    list_models,
)
from llmcore.models.loading import VOTE, Loaded, read_vote
from llmcore.models.reference import (
    LostParentError,
    Reference,
    checkpoint_key,
    clear_cache,
    load,
    load_parent,
    model_config,
    resolve,
    snapshot,
    tokenizer_for,
)

__all__ = [
    "BUNDLED",
    "BUNDLED_ASSISTANTS",
    "MODEL_KINDS",
    "VOTE",
    "Loaded",
    "LostParentError",
    "ModelEntry",
    "Reference",
    "adapters_of",
    "checkpoint_key",
    "classify_alone",
    "classify_texts",
    "clear_cache",
    "default_assistant",
    "default_model",
    "labels_of",
    "list_models",
    "load",
    "load_parent",
    "model_config",
    "read_vote",
    "resolve",
    "snapshot",
    "tokenizer_for",
]
