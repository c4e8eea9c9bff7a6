"""One small model a corpus and one on their mix, each scored on the held-out text of all."""

import time
from dataclasses import asdict

import numpy as np

from llmcore.background import Stopped
from llmcore.config import DataConfig, RunConfig
from llmcore.data import CORPUS_SPLIT_SEED, load_corpus
from llmcore.data.encoded import encoded_corpus, trained_bpe_for
from llmcore.device import choose_device
from llmcore.evaluation import text_loss
from llmcore.experiments.diverse_data.cells import MIX, SCORE, TRAINED, DiverseMatrix, TrainedModel
from llmcore.experiments.diverse_data.settings import DiverseConfig
from llmcore.experiments.small_models import (
    cut_documents,
    language_task,
    small_training,
)
from llmcore.experiments.table import TableWork
from llmcore.nn.model import GPT
from llmcore.paths import cache_dir
from llmcore.runs.run import TOKENIZER, Run
from llmcore.train.control import Control
from llmcore.train.sinks import Sink
from llmcore.train.task import Outcome


def run_diverse(run: Run, config: RunConfig, control: Control, sink: Sink) -> Outcome:
    """Trains and scores what is not done yet, a row after another, until all is done or `control`
    says stop."""
    known = DiverseMatrix(run)
    work = TableWork(run, control, sink, len(known.scores))
    try:
        bench = _Bench(config, config.experiment, work)
        bench.tokenizer.save(run.directory / TOKENIZER)
        for name in known.models:
            left = [corpus for corpus in known.corpora if (name, corpus) not in known.scores]
            if not left:
                continue
            work.begin(f"Training on {name}")
            model, trained = bench.trained(name)
            if name not in known.trained:
                sink.event(TRAINED, work.n_done, **asdict(trained))
            for tested in left:
                work.begin(f"Testing {name} on {tested}")
                bits = text_loss(model, bench.tokenizer, bench.held_out[tested])["bits_per_byte"]
                work.end(SCORE, trained=name, tested=tested, bits_per_byte=bits)
    except Stopped:
        return work.outcome(stopped=True)
    work.clear()
    return work.outcome(stopped=False)


class _Bench:
    """The texts, encoded once by one tokenizer that was trained on all of them."""

    def __init__(self, config: RunConfig, diverse: DiverseConfig, work: TableWork) -> None:
        self.config, self.work, self.steps = config, work, diverse.part_steps
        self.device = choose_device(config.train.device)
        self.documents: dict[str, list[str]] = {}
        self.held_out: dict[str, list[str]] = {}
        for name in diverse.corpora:
            train, held_out = load_corpus(name).split(DataConfig().validation, CORPUS_SPLIT_SEED)
            self.documents[name] = train
            self.held_out[name] = cut_documents(held_out, diverse.held_out_bytes)
        everything = [document for part in self.documents.values() for document in part]
        self.tokenizer = trained_bpe_for(everything, config.model.vocab_size, cache_dir())
        self.ids = {
            name: encoded_corpus(self.tokenizer, part, cache_dir())
            for name, part in self.documents.items()
        }

    def trained(self, name: str) -> tuple[GPT, TrainedModel]:
        ids = even_mix(list(self.ids.values())) if name == MIX else self.ids[name]
        train = self.config.train
        config = small_training(train, self.steps, train)
        task = language_task(self.config.model, self.tokenizer, ids, config, self.device)
        began = time.perf_counter()
        self.work.train(name, f"Training on {name}", task, config)
        seconds = time.perf_counter() - began
        parts = self.documents.values() if name == MIX else [self.documents[name]]
        texts = [document for part in parts for document in part]
        return task.model, TrainedModel(
            corpus=name,
            words=sum(len(text.split()) for text in texts),
            corpus_bytes=sum(len(text.encode()) for text in texts),
            tokens_read=config.steps * config.batch_size * self.config.model.context_length,
            seconds=seconds,
            parameters=self.config.model.n_parameters(),
        )


def even_mix(parts: list[np.ndarray]) -> np.ndarray:
    """One row of ids in which every part has the same share: shorter ones are repeated whole.

    By size alone a small corpus would hardly be read, and the mix would not be diverse.

    >>> even_mix([np.array([1, 2, 3, 4]), np.array([9])]).tolist()
    [1, 2, 3, 4, 9, 9, 9, 9]
    """
    longest = max(len(part) for part in parts)
    return np.concatenate([np.tile(part, round(longest / len(part))) for part in parts])
