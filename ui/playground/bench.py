"""What was written from one prompt by one model, and the job that writes on: kept in the session,
so that another page or another view takes nothing away.
"""

import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from ui.playground.tokens import Labels, TokenFacts, token_facts

if TYPE_CHECKING:
    from llmcore.generation import GenerationJob, Node, SamplingConfig, Tree
    from llmcore.generation.rereading import Reading, Rereader, SortedScores
    from llmcore.models import Loaded

MAX_BENCHES = 8
MAX_TOLD = 4_000  # tokens; each with its card takes some 2 kB
MAX_MODEL_BYTES = 2 << 30  # a bench holds on to its model: its checkpoint may be pruned
STOP_SECONDS = 2.0
_BENCHES = "lab_playground_benches"
_SHOWN = "lab_playground_shown"


@dataclass
class Bench:
    """A tree, the place in it (`here`), the token that is looked at, and the job."""

    ref: str  # as it was asked for; the newest checkpoint of a live run moves under it
    loaded: "Loaded"
    tree: "Tree"
    labels: Labels
    rereader: "Rereader"
    here: int = 0
    selected: int | None = None
    job: "GenerationJob | None" = None
    trouble: Exception | None = None
    _followed: int = -1  # the job's token that `here` has moved to
    _whole: "Node | None" = None  # the end of the path whose scores were computed again last
    _told: dict[int, TokenFacts] = field(default_factory=dict)
    _told_under: "SamplingConfig | None" = None
    _drawn: "dict[int, SamplingConfig]" = field(default_factory=dict)
    _from: int = 0  # the node behind which the job writes

    @property
    def live(self) -> bool:
        return self._running is not None

    @property
    def _running(self) -> "GenerationJob | None":
        return self.job if self.job is not None and self.job.state == "running" else None

    @property
    def grows_here(self) -> bool:
        """Whether the job writes on at the current place."""
        job = self._running
        return job is not None and self.here == job.node_id

    def follow(self) -> None:
        """Moves to the newest token of the job, unless the person has walked elsewhere."""
        if self.job is not None and self.here == self._followed:
            self.here = self._followed = self.job.node_id

    def write(
        self, sampling: "SamplingConfig", from_node: int = 0, first_token: int | None = None
    ) -> None:
        """Starts to write behind `from_node`, if need be with `first_token`. One job at a time."""
        from llmcore.generation import start_generation

        self.stop()
        self._note_drawn()
        self.selected = self.trouble = None
        self._from = from_node
        self.job = start_generation(
            self.loaded.trunk, self.tree, from_node, sampling, first_token=first_token
        )
        self.here = self._followed = from_node

    def stop(self) -> None:
        if self.job is not None:
            self.job.stop()

    def await_token(self, seconds: float) -> None:
        """Waits for the first token, so that the next picture has it."""
        end = time.monotonic() + seconds
        while (job := self._running) and job.n_tokens == 0 and time.monotonic() < end:
            time.sleep(0.004)

    def path(self) -> "list[Node]":
        """The tokens from the first one to the current place."""
        return self.tree.path(self.here)

    def drawn_under(self) -> "list[SamplingConfig]":
        """The settings under which the tokens to the current place were drawn, the newest first.
        What settings draw that were drawn before counts as theirs."""
        self._note_drawn()
        drawn = (self._drawn.get(node.id) for node in reversed(self.path()))
        return list(dict.fromkeys(settings for settings in drawn if settings is not None))

    def _note_drawn(self) -> None:
        if self.job is None:
            return
        node = self.tree.nodes[self.job.node_id]  # which may have been taken away
        while node.parent is not None and node.id != self._from:
            self._drawn[node.id] = self.job.sampling
            node = self.tree.nodes[node.parent]

    def walk(self, node_id: int) -> None:
        self.here, self.selected, self._followed = node_id, None, -1

    def remove(self, node_id: int) -> None:
        """Takes a branch out of the tree, from `node_id` on."""
        parent = self.tree.node(node_id).parent
        if parent is None:
            return
        if (job := self._running) is not None:
            job.stop()
            job.wait(STOP_SECONDS)
        inside = any(node.id == node_id for node in self.path())
        self.tree.remove(node_id)
        if inside:
            self.walk(self.tree.leaf_below(parent))

    def read(
        self,
        path: "list[Node]",
        sampling: "SamplingConfig",
        places: Sequence[int],
        k: int = 10,
    ) -> "tuple[Reading | None, list[int]]":
        """The tokens at `places` of a path under `sampling`, from the kept scores (see
        `rereading.reread`), and those of the places that could be read: all, unless a long text
        has outgrown the memory for scores."""
        from llmcore.generation.rereading import reread

        rows = {at: row for at in places if (row := self._row(path[at], path)) is not None}
        if not rows:
            return None, []
        seen = None
        if sampling.repetition_penalty != 1.0:
            ids = [*self.tree.prompt_ids, *(node.written for node in path)]
            seen = [ids[: len(self.tree.prompt_ids) + at] for at in rows]
        chosen = [path[at].written for at in rows]
        return reread(list(rows.values()), chosen, sampling, seen, k), list(rows)

    def tell(self, path: "list[Node]", sampling: "SamplingConfig") -> dict[int, TokenFacts]:
        """What is shown of each token of a path under `sampling`, by node. Kept until the settings
        change, so that a growing text reads its new tokens only."""
        if self._told_under != sampling or len(self._told) > MAX_TOLD:
            self._told, self._told_under = {}, sampling
        new = [at for at, node in enumerate(path) if node.id not in self._told]
        reading, known = self.read(path, sampling, new)
        if reading is not None:
            chosen = [path[at].written for at in known]
            made = token_facts(reading, chosen, self.labels, self.tree.tokenizer.vocab_size)
            self._told |= {path[at].id: node for at, node in zip(known, made, strict=True)}
        return self._told

    def _row(self, node: "Node", path: "list[Node]") -> "SortedScores | None":
        """The sorted scores from which a node's token was drawn."""
        parent = int(node.parent or 0)
        row = self.rereader.get(parent)
        if row is None:
            if not self.tree.has_logits(parent) and not self.live and path[-1] is not self._whole:
                self.tree.restore_path(self.loaded.trunk, path[-1].id)
                self._whole = path[-1]
            logits = self.tree.node(parent).logits
            row = None if logits is None else self.rereader.put(parent, logits.numpy())
        return row


def bench(slot: str, ref: str, loaded: "Loaded", prompt: str) -> Bench:
    """The bench of this model and prompt, made if there is none, shown in `slot` from now on."""
    from llmcore.generation import Tree
    from llmcore.generation.rereading import Rereader

    benches = _benches()
    key = f"{loaded.key}\0{prompt}"
    if key not in benches:
        tree = Tree(loaded.tokenizer, prompt)
        benches[key] = Bench(ref, loaded, tree, Labels(loaded.tokenizer), Rereader())
    benches.move_to_end(key)
    benches[key].ref = ref
    while len(benches) > 2 and (len(benches) > MAX_BENCHES or _model_bytes() > MAX_MODEL_BYTES):
        benches.popitem(last=False)[1].stop()
    _show(slot, key)
    return benches[key]


def _model_bytes() -> int:
    """Memory of the distinct models that all benches hold."""
    models = {kept_bench.loaded.key: kept_bench.loaded.model for kept_bench in _benches().values()}
    return sum(
        parameter.numel() * parameter.element_size()
        for model in models.values()
        for parameter in model.parameters()
    )


def shown_bench(slot: str, ref: str, prompt: str) -> Bench | None:
    """What `slot` shows for this reference and prompt. The newest checkpoint of a live run moves
    on: what an older one has written stays until somebody asks the new one."""
    from llmcore.models import checkpoint_key

    shown = st.session_state.get(_SHOWN, {}).get(slot)
    exact = f"{checkpoint_key(ref)}\0{prompt}"
    fitting = [
        key
        for key, kept_bench in reversed(_benches().items())
        if kept_bench.ref == ref and kept_bench.tree.prompt == prompt
    ]
    for key in (shown if shown in fitting else None, exact, *fitting):
        if key is not None and key in _benches():
            _show(slot, key)
            return _benches()[key]
    return None


def _show(slot: str, key: str) -> None:
    """Those that are not shown any more keep their scores but not these in sorted order too."""
    shown = st.session_state.setdefault(_SHOWN, {})
    shown[slot] = key
    for other, kept_bench in _benches().items():
        if other not in shown.values():
            kept_bench.rereader.clear()


def _benches() -> "OrderedDict[str, Bench]":
    return st.session_state.setdefault(_BENCHES, OrderedDict())
