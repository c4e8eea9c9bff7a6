"""Byte-pair merges from ranks: tiktoken keeps tokens in order, other tools keep pairs as well."""

from collections.abc import Mapping

from llmcore.errors import LabError


def merges_of(ranks: Mapping[bytes, int]) -> list[tuple[bytes, bytes]]:
    """The pair that each longer token is merged from, in order of rank.

    `merges_of({b"a": 0, b"b": 1, b"c": 2, b"ab": 3, b"abc": 4}) == [(b"a", b"b"), (b"ab", b"c")]`

    Merging a token's own bytes with the lower ranks alone must end in two parts, and a text
    comes to hold the token from no other pair: merges that cross its ends would have kept it
    from forming, so inside it the merges run as they do in the token alone. Raises LabError for
    a token that its bytes never merge to.
    """
    longer = sorted((rank, token) for token, rank in ranks.items() if len(token) > 1)
    merges = []
    for rank, token in longer:
        parts = _merge(token, ranks, rank)
        if len(parts) != 2:
            raise LabError(
                f"The token {token!r} (id {rank}) is not merged from two earlier tokens, so this "
                f"tokenizer cannot be written as merges."
            )
        merges.append((parts[0], parts[1]))
    return merges


def _merge(token: bytes, ranks: Mapping[bytes, int], limit: int) -> list[bytes]:
    """The parts of `token` after all merges of rank below `limit`, the lowest rank first and of
    equal ones the leftmost, as tiktoken and `tokenizers` do."""
    parts = [bytes([byte]) for byte in token]
    while len(parts) > 1:
        pairs = (ranks.get(parts[i] + parts[i + 1], limit) for i in range(len(parts) - 1))
        lowest, at = min((rank, i) for i, rank in enumerate(pairs))
        if lowest >= limit:
            break
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return parts
