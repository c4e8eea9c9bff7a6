"""The small language models that several experiments train, and the text that they learn from."""

from collections.abc import Sequence

import numpy as np
import torch

from llmcore.config import ModelConfig, TrainConfig
from llmcore.data import CORPORA, LabelledSet
from llmcore.errors import LabError
from llmcore.nn.model import GPT
from llmcore.recipes.common import with_rhythm
from llmcore.tasks.pretraining import PretrainTask, TokenData
from llmcore.tokenizers import Tokenizer

MANY = 20  # documents that represent a whole text without being cut


def check_corpora(corpora: Sequence[str]) -> None:
    """Raises LabError for a name that is no built-in corpus."""
    for corpus in corpora:
        if corpus not in CORPORA:
            raise LabError(f"There is no corpus {corpus!r}: choose of {', '.join(CORPORA)}.")


def small_training(base: TrainConfig, steps: int, run: TrainConfig) -> TrainConfig:
    """A preset's recipe for `steps`, looked at once at its end, on the run's device."""
    return with_rhythm(base, {
        "steps": steps, "eval_every": steps, "checkpoint_every": max(1, steps // 4),
        "eval_batches": 2, "patience": 0, "seed": run.seed, "device": run.device,
        "threads": run.threads, "precision": run.precision,
    })  # fmt: skip


def language_task(
    shape: ModelConfig, tokenizer: Tokenizer, ids: np.ndarray, config: TrainConfig, device: str
) -> PretrainTask:
    """A GPT from random weights on ids (N,); what the trainer looks at is training text, so
    that nothing is chosen on what is scored later."""
    looked_at = ids[: 8 * (shape.context_length + 1)]
    model = GPT(shape, generator=torch.Generator().manual_seed(config.seed))
    data = TokenData(ids, looked_at, len(tokenizer.decode_bytes(looked_at)))
    return PretrainTask(model.to(device), tokenizer, data, config, device, None)


def thinned(data: LabelledSet, n: int) -> LabelledSet:
    """At most `n` rows, evenly spaced, so that any order of the file is kept."""
    if len(data) <= n:
        return data
    return data.take([int(i) for i in np.linspace(0, len(data) - 1, n).round()])


def cut_documents(documents: list[str], n_bytes: int) -> list[str]:
    """About `n_bytes` of the documents: some of them whole, evenly spaced, if they are many and
    short; else a part of each, cut at a line if there is one."""
    total = sum(len(document.encode()) for document in documents)
    share = min(1.0, n_bytes / max(1, total))
    n_whole = round(share * len(documents))
    if n_whole >= MANY:
        return [documents[int(i)] for i in np.linspace(0, len(documents) - 1, n_whole).round()]
    kept = []
    for document in documents:
        cut = document[: round(len(document) * share)]
        kept.append(cut[: cut.rfind("\n") + 1] or cut)
    return [text for text in kept if text.strip()]
