"""A tree of tokens as an outline: what runs on without a choice is one row."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmcore.generation import Tree
    from ui.playground.tokens import Labels

SHOWN_CHARACTERS = 90
MAX_RAILS = 12


@dataclass(slots=True)
class Segment:
    """Nodes `nodes[0]` to `nodes[-1]` without a branching or a name between them."""

    nodes: list[int]
    rails: list[str]  # how its ancestors' lines run past it; see branch_tree.js


def segments(tree: "Tree") -> list[Segment]:
    """From top to bottom, the oldest branch first; the first one is the prompt's end alone."""
    found = [Segment([0], [])]
    waiting = _below(tree, 0, [])
    while waiting:
        segment = waiting.pop()
        node = segment.nodes[0]
        while node not in tree.names and len(children := tree.children(node)) == 1:
            node = children[0]
            segment.nodes.append(node)
        found.append(segment)
        waiting += _below(tree, node, segment.rails)
    return found


def _below(tree: "Tree", node: int, rails: list[str]) -> list[Segment]:
    """The beginnings of the branches behind a node, the first one to be taken last."""
    passing = [{"turn": "line", "last": ""}.get(rail, rail) for rail in rails]
    children = tree.children(node)
    made = [
        Segment([child], [*passing, "last" if child == children[-1] else "turn"])
        for child in children
    ]
    return made[::-1]


def outline(tree: "Tree", labels: "Labels", here: int) -> list[dict[str, Any]]:
    """The rows of `branch_tree.js`."""
    on_path = {0, *(node.id for node in tree.path(here))}
    rows = []
    for segment in segments(tree):
        end = segment.nodes[-1]
        root = end == 0
        rows.append(
            {
                "node": end,
                "rails": segment.rails[-MAX_RAILS:],
                "parts": [["m", "the prompt"]] if root else _beginning(tree, labels, segment),
                "name": tree.names.get(end, ""),
                "facts": "" if root else _facts(tree, segment),
                "on": segment.nodes[0] in on_path,
                "here": here in segment.nodes,
                "root": root,
            }
        )
    return rows


def _beginning(tree: "Tree", labels: "Labels", segment: Segment) -> list[list[str]]:
    parts: list[list[str]] = []
    room = SHOWN_CHARACTERS
    for node in segment.nodes:
        for kind, text in labels.parts(tree.nodes[node].written):
            if room <= 0:
                return [*parts, ["m", "…"]]
            parts.append([kind, text[:room]])
            room -= len(text)
    return parts


def _facts(tree: "Tree", segment: Segment) -> str:
    """Length, and how likely the model itself finds these tokens."""
    n = len(segment.nodes)
    tokens = "1 token" if n == 1 else f"{n} tokens"
    known = [tree.nodes[node].probability for node in segment.nodes]
    logs = [math.log(max(p, 1e-30)) for p in known if p is not None]
    if not logs:
        return tokens
    return f"{tokens}, perplexity {math.exp(min(-sum(logs) / len(logs), 700)):,.3g}"
