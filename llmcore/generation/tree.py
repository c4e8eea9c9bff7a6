"""All that one model said after one prompt: a tree whose every token can be looked at again.

A node is a token behind its parent; the root is the end of the prompt. A node keeps the
model's scores of what follows it, so every stage of sampling can be read again under other
settings without the model. Branches that agree share their nodes.
"""

import codecs
import math
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from llmcore.choices import SamplingConfig
from llmcore.errors import LabError, NotFoundError, StateError
from llmcore.generation.reader import prompt_ids, window_start
from llmcore.generation.sampling import (
    Sampled,
    largest,
    sampling_stages,
)
from llmcore.nn.model import GPT, check_ids
from llmcore.tokenizers import Tokenizer

MAX_BYTES = 64 << 20  # 2,000 tokens of `base`, 330 of GPT-2
MAX_NODES, MAX_NAME = 20_000, 60


@dataclass(slots=True)
class Node:
    """One token, and what the model said of it by itself (temperature 1, no filter)."""

    id: int
    parent: int | None = None  # None: the root
    token: int | None = None  # None: the root
    probability: float | None = None  # None: not known (yet), since the parent's scores are not
    rank: int | None = None  # 1 is the likeliest
    entropy: float | None = None  # bits, of the distribution that the token came from
    cut: int | None = None  # if this token completed a stop string: bytes of the text before it
    logits: Tensor | None = None  # (V,) float32: the scores of what follows; dropped when old

    @property
    def written(self) -> int:
        """The token of any node but the root."""
        assert self.token is not None, "the root has no token"
        return self.token


class Tree:
    """The continuations of one prompt by one model. Jobs append to it while pages read it."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        prompt: str,
        max_bytes: int = MAX_BYTES,
        ids: Sequence[int] | None = None,
    ) -> None:
        """`max_bytes` bounds the scores that are kept: the oldest are dropped, and computed again
        where somebody asks (`restore`). `ids`: the prompt's tokens where they are not simply those
        of its text, as in a conversation, where an end of text follows each answer."""
        self.tokenizer, self.prompt, self.max_bytes = tokenizer, prompt, max_bytes
        self.prompt_ids = list(ids) if ids else prompt_ids(tokenizer, prompt)
        self.nodes = [Node(0)]
        self.names: dict[int, str] = {}
        self._children: list[dict[int, int]] = [{}]  # of each node: token -> node
        self._kept: OrderedDict[int, int] = OrderedDict()  # node with scores -> bytes, oldest first
        self._gone: set[int] = set()  # nodes that were taken away
        self._lock = threading.RLock()

    # ---- walking

    def node(self, node_id: int) -> Node:
        """Raises NotFoundError if the tree has no such node."""
        if not 0 <= node_id < len(self.nodes):
            raise NotFoundError(f"The tree has no token {node_id}: it has {len(self.nodes)}.")
        if node_id in self._gone:
            raise NotFoundError("This branch was taken away: choose another.")
        return self.nodes[node_id]

    def path(self, node_id: int) -> list[Node]:
        """From the first generated token to `node_id`; empty for the root."""
        nodes, node = [], self.node(node_id)
        while node.parent is not None:
            nodes.append(node)
            node = self.nodes[node.parent]
        return nodes[::-1]

    def ids(self, node_id: int) -> list[int]:
        """The prompt's ids and those up to `node_id`."""
        return self.prompt_ids + [
            node.token for node in self.path(node_id) if node.token is not None
        ]

    def data(self, node_id: int) -> bytes:
        """The bytes of the continuation up to `node_id`; an end of text or of a turn has none."""
        tokens = (node.token for node in self.path(node_id))
        ends = self.tokenizer.ends
        return self.tokenizer.decode_bytes(id for id in tokens if id is not None and id not in ends)

    def text(self, node_id: int) -> str:
        """The continuation alone, up to `node_id` or to the stop string that ended there; a
        character whose last byte is still to come is left out."""
        data, cut = self.data(node_id), self.node(node_id).cut
        if cut is not None:
            return data[:cut].decode("utf-8", errors="replace")
        return codecs.getincrementaldecoder("utf-8")(errors="replace").decode(data)

    def children(self, node_id: int) -> list[int]:
        """What was tried behind a node, in the order of trying."""
        self.node(node_id)
        with self._lock:
            return list(self._children[node_id].values())

    def child(self, node_id: int, token: int) -> int | None:
        return self._children[node_id].get(token)

    def leaves(self) -> list[int]:
        """The ends of all branches, oldest first."""
        with self._lock:
            ends = (id for id, children in enumerate(self._children) if not children and id)
            return [id for id in ends if id not in self._gone]

    def leaf_below(self, node_id: int) -> int:
        """The end of the newest branch that goes through a node."""
        self.node(node_id)
        with self._lock:
            while children := self._children[node_id]:
                node_id = next(reversed(children.values()))
        return node_id

    def rename(self, node_id: int, name: str) -> None:
        """Names the branch that ends at (or begins with) a node; an empty name takes it away."""
        self.node(node_id)
        name = " ".join(name.split())
        if len(name) > MAX_NAME:
            raise LabError(f"The name has {len(name)} characters: give at most {MAX_NAME}.")
        with self._lock:
            if name:
                self.names[node_id] = name
            else:
                self.names.pop(node_id, None)

    def remove(self, node_id: int) -> None:
        """Takes away a node with all that follows it. Numbers of nodes are never used again.

        Raises LabError for the root; a job must not be writing there."""
        parent, token = self.node(node_id).parent, self.node(node_id).token
        if parent is None or token is None:
            raise LabError("The root is the end of the prompt and cannot be taken away.")
        with self._lock:
            if self._children[parent].get(token) != node_id:
                return  # somebody else has done it
            del self._children[parent][token]
            gone = [node_id]
            for node in gone:
                gone += self._children[node].values()
                self._children[node] = {}
                self._gone.add(node)
                self.nodes[node].logits = None
                self._kept.pop(node, None)
                self.names.pop(node, None)

    # ---- growing

    def grow(self, parent_id: int, token: int, logits: Tensor | None = None) -> Node:
        """The node of `token` behind a node: the one that is there, or a new one.

        `logits` (V,): the parent's, in case they are not kept any more.
        """
        parent = self.node(parent_id)
        with self._lock:
            known = self._children[parent_id].get(token)
            if known is not None:
                return self.nodes[known]
            if len(self.nodes) >= MAX_NODES:
                raise LabError(f"The tree has {MAX_NODES:,} tokens and is full: begin a new one.")
            node = Node(len(self.nodes), parent_id, token)
            scores = parent.logits if logits is None else logits[: self.tokenizer.vocab_size]
            _read_facts(node, scores)
            self._children.append({})
            self.nodes.append(node)
            self._children[parent_id][token] = node.id
            return node

    def keep(self, node_id: int, logits: Tensor) -> None:
        """Lays the scores (V,) of what follows a node beside it, and drops the oldest ones beyond
        the limit. Rows without a token are left out."""
        logits = logits[: self.tokenizer.vocab_size].detach().float().cpu().clone()
        node = self.node(node_id)
        with self._lock:
            node.logits = logits
            self._kept.pop(node_id, None)
            self._kept[node_id] = logits.numel() * logits.element_size()
            for child in self._children[node_id].values():
                if self.nodes[child].rank is None:
                    _read_facts(self.nodes[child], logits)
            while len(self._kept) > 1 and self.n_bytes() > self.max_bytes:
                oldest, _ = self._kept.popitem(last=False)
                self.nodes[oldest].logits = None

    def n_bytes(self) -> int:
        """Memory of the scores that are kept."""
        with self._lock:
            return sum(self._kept.values())

    # ---- scores that were dropped

    def has_logits(self, node_id: int) -> bool:
        return self.node(node_id).logits is not None

    def restore(self, model: GPT, node_id: int) -> Tensor:
        """The scores (V,) of what follows a node: kept, or computed by one forward pass."""
        kept = self.node(node_id).logits
        if kept is None:
            self._compute(model, node_id, [len(self.ids(node_id))])
            kept = self.node(node_id).logits
            assert kept is not None, "the newest scores are never dropped"
        return kept

    def restore_path(self, model: GPT, node_id: int) -> None:
        """Computes what is missing between root and node, one forward pass for each window.

        If not all fits the memory limit, the scores nearest to the node are there afterwards.
        """
        nodes = [self.nodes[0], *self.path(node_id)]
        row_bytes = 4 * min(model.config.vocab_size, self.tokenizer.vocab_size)
        fitting = max(1, self.max_bytes // row_bytes)
        first = max(0, len(nodes) - fitting)
        for node in nodes[first:]:  # not among the oldest any more
            with self._lock:
                if node.id in self._kept:
                    self._kept.move_to_end(node.id)
        missing = [i for i, node in enumerate(nodes) if i >= first and node.logits is None]
        if missing:
            self._compute(model, node_id, [len(self.prompt_ids) + i for i in missing])

    def _compute(self, model: GPT, node_id: int, lengths: list[int]) -> None:
        """Keeps the scores of what follows the first n ids of a path, for each n of `lengths`."""
        ids, below = self.ids(node_id), [0, *(node.id for node in self.path(node_id))]
        check_ids(model, ids)
        device = next(model.parameters()).device
        windows: dict[int, Any] = {}
        for n in lengths:
            windows.setdefault(window_start(n, model.config.context_length), []).append(n)
        for start, ends in windows.items():
            read = torch.tensor([ids[start : ends[-1]]], device=device)  # (1, T)
            rows = torch.tensor([n - start - 1 for n in ends], device=device)
            with torch.inference_mode():
                logits = model.unembed(model.hidden(read)[0, rows])  # (rows, V)
            for n, row in zip(ends, logits.cpu(), strict=True):
                self.keep(below[n - len(self.prompt_ids)], row)


def _read_facts(node: Node, logits: Tensor | None) -> None:
    """What the model's plain distribution (V,) says of a node's token."""
    if logits is None or node.token is None or node.token >= len(logits):
        return
    plain = logits.softmax(-1)
    node.probability = float(plain[node.token])
    node.entropy = entropy_bits(plain)
    node.rank = rank_of(logits, node.token)


def entropy_bits(probabilities: Tensor) -> float:
    """Bits that the next token would tell on average: 0 if it is certain (Shannon 1948)."""
    return float(torch.special.entr(probabilities).sum()) / math.log(2)


def rank_of(logits: Tensor, token: int) -> int:
    """1 for the likeliest token; of equal ones the lower id comes first."""
    score = logits[token]
    return int((logits > score).sum() + (logits[:token] == score).sum()) + 1


# ---- looking at one token


@dataclass(slots=True, frozen=True)
class Alternative:
    """A token that could stand at a place, through every stage of sampling."""

    id: int
    label: str
    logit: float
    penalised: float
    scaled: float
    kept: bool
    probability: float  # after filtering: the chance to be drawn
    plain_probability: float  # at temperature 1, without penalty or filter
    rank: int
    chosen: bool
    child: int | None  # the node here with this token


@dataclass(slots=True, frozen=True)
class TokenView:
    """How one token came about. If nothing was chosen yet (what may follow a leaf), `id`,
    `label`, `probability`, `plain_probability` and `rank` are None."""

    node_id: int
    id: int | None
    label: str | None
    probability: float | None
    plain_probability: float | None
    rank: int | None
    entropy: float  # bits, at temperature 1 and unfiltered
    n_kept: int  # tokens that the filters leave
    alternatives: list[Alternative]  # the k likeliest, and the chosen one, best first


def token_view(tree: Tree, node_id: int, sampling: SamplingConfig, k: int = 10) -> TokenView:
    """How the token of a node comes about under `sampling`: from kept scores, never by the model.

    Raises LabError for the root, and StateError if the scores were dropped (`Tree.restore` of
    the parent brings them back).
    """
    node = tree.node(node_id)
    if node.parent is None:
        raise LabError("The root is the end of the prompt and no generated token: take another.")
    return _view(tree, node.parent, node, sampling, k)


def next_view(tree: Tree, node_id: int, sampling: SamplingConfig, k: int = 10) -> TokenView:
    """What may follow a node under `sampling`. Raises StateError as `token_view` does."""
    return _view(tree, node_id, None, sampling, k)


def _view(
    tree: Tree, place: int, chosen: Node | None, sampling: SamplingConfig, k: int
) -> TokenView:
    """What follows the node `place`, and the node that was chosen there."""
    logits = tree.node(place).logits
    if logits is None:
        raise StateError("The scores of this place are not kept: they have to be computed again.")
    stages = sampling_stages(logits, sampling, tree.ids(place))
    plain = logits.softmax(-1)
    alternatives = _alternatives(tree, place, chosen, stages, plain, k)
    own = next((alternative for alternative in alternatives if alternative.chosen), None)
    return TokenView(
        node_id=place if chosen is None else chosen.id,
        id=own.id if own else None,
        label=own.label if own else None,
        probability=own.probability if own else None,
        plain_probability=own.plain_probability if own else None,
        rank=own.rank if own else None,
        entropy=entropy_bits(plain),
        n_kept=int(stages.kept.sum()),
        alternatives=alternatives,
    )


def _alternatives(
    tree: Tree, place: int, chosen: Node | None, stages: Sampled, plain: Tensor, k: int
) -> list[Alternative]:
    best = largest(stages.logits, min(k, len(plain))).nonzero()[:, 0].tolist()
    scores = stages.logits[best].tolist()
    order = sorted(range(len(best)), key=lambda i: -scores[i])  # equal ones stay by their ids
    ranks = {best[i]: n for n, i in enumerate(order, 1)}
    token = chosen.token if chosen is not None else None
    if token is not None and token not in ranks:
        ranks[token] = rank_of(stages.logits, token)
    ids = list(ranks)
    chain = (stages.logits, stages.penalised, stages.scaled, stages.kept, stages.probabilities)
    columns = [scores[ids].tolist() for scores in (*chain, plain)]
    return [
        Alternative(
            id=id,
            label=tree.tokenizer.token_label(id),
            logit=logit,
            penalised=penalised,
            scaled=scaled,
            kept=kept,
            probability=probability,
            plain_probability=share,
            rank=ranks[id],
            chosen=id == token,
            child=tree.child(place, id),
        )
        for id, logit, penalised, scaled, kept, probability, share in zip(
            ids, *columns, strict=True
        )
    ]
