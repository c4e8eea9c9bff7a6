"""Conversations that are kept as trees, each message with its replies: one way through them."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

Entry = Mapping[str, Any]


def is_node(value: Any) -> TypeGuard[Entry]:
    """A message with its neighbours, as ChatGPT exports them under their numbers."""
    return isinstance(value, dict) and {"message", "children"} <= value.keys()


def newest_branch(nodes: Entry, current: Any, seen: Counter[str]) -> Iterator[Entry]:
    """The messages from the root to the node `current`, which the owner saw last; without one
    along the last of each node's children. Replies beside the way are counted."""
    ahead = _way_to(nodes, current)
    here = next((key for key, node in nodes.items() if not node.get("parent")), None)
    if ahead:
        here = ahead[0]
    for place, _ in enumerate(nodes, start=1):
        node = nodes.get(here) if isinstance(here, str) else None
        if not is_node(node):
            return
        if isinstance(node["message"], dict):
            yield node["message"]
        children = node["children"] if isinstance(node["children"], (list, tuple)) else []
        if ahead and place == len(ahead):
            return
        if len(children) > 1:
            seen["other_branches"] += len(children) - 1
        here = ahead[place] if ahead else children[-1] if children else None


def _way_to(nodes: Entry, current: Any) -> list[str]:
    """The names of the nodes from the root to `current`; empty if there is no such way."""
    way: list[str] = []
    while isinstance(current, str) and is_node(nodes.get(current)) and len(way) < len(nodes):
        way.append(current)
        current = nodes[current].get("parent")
    return [] if current else way[::-1]


def best_branch(node: Any, seen: Counter[str]) -> Iterator[Entry]:
    """The way down a tree of replies along the best ranked ones (else the first)."""
    while isinstance(node, dict):
        yield {key: item for key, item in node.items() if key != "replies"}
        replies = node.get("replies")
        replies = replies if isinstance(replies, (list, tuple)) else []
        kept = [reply for reply in replies if isinstance(reply, dict)]
        if len(kept) > 1:
            seen["other_branches"] += len(kept) - 1
        node = min(kept, key=_rank) if kept else None


def _rank(node: Entry) -> float:
    """OASST writes 0 for the best; a table may have made a text of the number."""
    try:
        rank = float(node.get("rank", "nan"))
    except (TypeError, ValueError):
        return float("inf")
    return rank if rank == rank else float("inf")
