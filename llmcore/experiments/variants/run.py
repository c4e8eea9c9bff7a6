"""The same data, the same tokens, the same recipe: which architecture learns faster?"""

import numpy as np
import torch

from llmcore.background import Stopped
from llmcore.config import DataConfig, RunConfig, TrainConfig
from llmcore.data import CORPUS_SPLIT_SEED, load_corpus
from llmcore.data.encoded import encoded_corpus, trained_bpe_for
from llmcore.device import choose_device
from llmcore.experiments.small_models import cut_documents
from llmcore.experiments.table import TableWork
from llmcore.experiments.variants.cells import (
    LOOK,
    TRAINED,
    VARIANTS,
    VariantCurves,
    shape_of,
    trainings,
)
from llmcore.experiments.variants.settings import VariantsConfig
from llmcore.nn.model import GPT
from llmcore.paths import cache_dir
from llmcore.recipes.common import with_rhythm
from llmcore.runs.run import TOKENIZER, Run
from llmcore.tasks.pretraining import PretrainTask, TokenData
from llmcore.train.control import Control
from llmcore.train.sinks import Sink
from llmcore.train.task import Outcome

LOOKS = 12  # at held-out text while a variant trains


def run_variants(run: Run, config: RunConfig, control: Control, sink: Sink) -> Outcome:
    """Trains what is not trained yet, one after another, until all is done or `control` says
    stop. Each look at held-out text is an event, and each training that is done."""
    known = VariantCurves(run)
    work = TableWork(run, control, sink, len(known.done))
    try:
        work.begin("Reading the text")
        bench = _Bench(config, config.experiment, work)
        bench.tokenizer.save(run.directory / TOKENIZER)
        for name, seed in trainings(config.experiment):
            if (name, seed) in known.done:
                continue
            what = f"{VARIANTS[name].label}, seed {seed + 1}"
            work.begin(what)
            bench.train(name, seed, what)
            work.end(TRAINED, variant=name, seed=seed)
    except Stopped:
        return work.outcome(stopped=True)
    work.clear()
    return work.outcome(stopped=False)


class _Bench:
    """What all variants share: one tokenizer, one text, one held-out text, one recipe."""

    def __init__(self, config: RunConfig, variants: VariantsConfig, work: TableWork) -> None:
        self.config, self.work = config, work
        self.device = choose_device(config.train.device)
        corpus = load_corpus(config.data.source)
        train, held_out = corpus.split(DataConfig().validation, CORPUS_SPLIT_SEED)
        held_out = cut_documents(held_out, variants.held_out_bytes)
        self.tokenizer = trained_bpe_for(train, config.model.vocab_size, cache_dir())
        ids = encoded_corpus(self.tokenizer, train, cache_dir())
        scored = np.asarray(self.tokenizer.encode_documents(held_out))
        n_bytes = sum(len(text.encode()) for text in held_out)
        self.data = TokenData(ids, scored, n_bytes)
        self.steps = variants.part_steps

    def recipe(self, seed: int) -> TrainConfig:
        """The run's settings for one training, with LOOKS looks at all of the held-out text."""
        train, length = self.config.train, self.config.model.context_length
        n_windows = max(1, (len(self.data.validation) - 1) // length)
        return with_rhythm(train, {
            "steps": self.steps, "seed": train.seed + seed, "patience": 0,
            "warmup_steps": min(train.warmup_steps, self.steps // 10),
            "eval_every": max(1, self.steps // LOOKS),
            "eval_batches": -(-n_windows // train.batch_size),
            "checkpoint_every": max(1, self.steps // 4),
        })  # fmt: skip

    def train(self, name: str, seed: int, what: str) -> None:
        """One training; the order of the data and the first numbers follow from the seed, the
        same for all variants. Raises Stopped."""
        recipe = self.recipe(seed)
        shape = shape_of(self.config.model, name)
        model = GPT(shape, torch.Generator().manual_seed(recipe.seed))
        task = PretrainTask(model, self.tokenizer, self.data, recipe, self.device, None)
        per_step = recipe.batch_size * shape.context_length
        speed = 0.0

        def note(step: int, split: str, values: dict[str, float]) -> None:
            nonlocal speed
            if split == "train":
                speed = values["tokens_per_s"]
            else:
                self.work.sink.event(
                    LOOK, self.work.n_done, variant=name, seed=seed, tokens=step * per_step,
                    bits_per_byte=values["bits_per_byte"], tokens_per_s=speed,
                )  # fmt: skip

        self.work.train(f"{name} {seed}", what, task, recipe, note)
