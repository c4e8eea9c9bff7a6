"""Generation that outlives a click: a thread grows a branch of a tree, and pages read the tree."""

import time
from typing import ClassVar

from torch import Tensor

from llmcore.background import Job, Jobs, Stopped
from llmcore.choices import SamplingConfig
from llmcore.errors import NotFoundError
from llmcore.generation.reader import Passes, Reader, ReaderPool
from llmcore.generation.streaming import Ending, Reason, decode
from llmcore.generation.tree import Tree
from llmcore.nn.model import GPT, check_ids

_readers = ReaderPool()


class GenerationJob(Job[None]):
    """A thread that appends tokens to a branch of a tree.

    Its fields may be read at any time and never wait; the model is only read, so several jobs may
    share it with each other and with a page.
    """

    low_priority: ClassVar[bool] = False

    def __init__(
        self,
        model: GPT,
        tree: Tree,
        from_node: int,
        sampling: SamplingConfig,
        first_token: int | None = None,
        passes: Passes | None = None,
    ) -> None:
        super().__init__("llmlab-generation")
        self.tree, self.sampling = tree, sampling
        self.reason: Reason | None = None  # why it ended, unless it failed
        self.node_id = from_node  # the newest token
        self.n_tokens = 0  # walked behind `from_node`; some may have been there already
        self.first_token_s = 0.0  # from the start to the first token that the model chose
        self.tokens_per_s = 0.0  # of what the model was asked; the first, with the prompt, left out
        self._first_token = first_token
        self._asked, self._first_asked = 0, 0.0  # how often the model read, and when first
        self._reads = (model, passes)

    def work(self) -> None:
        try:
            model, passes = self._reads
            reader = _readers.take(model, self.tree.ids(self.node_id), passes)
            try:
                self.reason = self._grow(reader)
            finally:  # before the state tells that all is done: the next branch wants this cache
                _readers.give_back(reader)
        finally:
            del self._reads  # a page that keeps this job keeps no model
        if self.reason == "stopped":
            raise Stopped

    def fault(self, error: Exception) -> str:
        return f"Generation failed with {type(error).__name__}: {error}."

    def _grow(self, reader: Reader) -> Reason:
        """The one loop of all generation (`decode`), each token going into the tree."""
        tree, started = self.tree, time.perf_counter()
        logits: Tensor | None = None  # what the newest token was drawn from

        def next_logits(ids: list[int]) -> Tensor:
            nonlocal logits
            logits = tree.nodes[self.node_id].logits
            if logits is None:
                logits = reader.next_logits(ids)
                tree.keep(self.node_id, logits)
                self._clock()
            return logits

        ids, before = tree.ids(self.node_id), tree.data(self.node_id)
        steps = Ending(
            decode(
                next_logits, tree.tokenizer, ids, self.sampling, before=before,
                first_token=self._first_token, should_stop=self._stop.is_set,
            )
        )  # fmt: skip
        for step in steps:
            node = tree.grow(self.node_id, step.id, logits)
            node.cut = step.continuation.cut
            self.node_id, self.n_tokens = node.id, self.n_tokens + 1
            if not self.first_token_s and logits is not None:
                self.first_token_s = time.perf_counter() - started
        return steps.reason

    def _clock(self) -> None:
        now = time.perf_counter()
        self._first_asked = self._first_asked or now
        if self._asked:
            self.tokens_per_s = self._asked / max(1e-9, now - self._first_asked)
        self._asked += 1


def start_generation(
    model: GPT,
    tree: Tree,
    from_node: int,
    sampling: SamplingConfig,
    first_token: int | None = None,
    n_tokens: int | None = None,
    passes: Passes | None = None,
) -> GenerationJob:
    """Starts to grow a branch behind `from_node` and returns at once.

    With `first_token` that token is put there first, whatever its chance was, and generation goes
    on exactly as if it had been drawn. `n_tokens` counts it (default: `max_new_tokens`). Tokens
    that are in the tree already are walked along, not doubled. `passes` reads the same model in
    another way, such as with smaller weights. Raises LabError if model and tree do not belong
    together or a token does not exist.
    """
    tree.node(from_node)
    check_ids(model, tree.prompt_ids)
    if first_token is not None:
        known = min(model.config.vocab_size, tree.tokenizer.vocab_size)
        if not 0 <= first_token < known:
            raise NotFoundError(f"There is no token {first_token}: ids end at {known - 1}.")
    sampling = sampling.with_(max_new_tokens=n_tokens)
    job = GenerationJob(model, tree, from_node, sampling, first_token, passes)
    return _jobs.add(job, job).start()


_jobs: Jobs[GenerationJob, GenerationJob] = Jobs(limit=0, forgotten=_readers.clear)
