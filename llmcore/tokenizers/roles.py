"""What the special tokens of a vocabulary are for: which one ends a text, which one a turn."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from typing import Any

END_OF_TEXT = "<|endoftext|>"


@dataclass(frozen=True, slots=True)
class Roles:
    """Names of special tokens. These are optional keys of a run's tokenizer.json: a file without
    them has an `<|endoftext|>` and nothing else.

    >>> sorted(Roles(end_of_turn="<|im_end|>").ends)
    ['<|endoftext|>', '<|im_end|>']
    """

    end_of_text: str = END_OF_TEXT  # ends a document, and comes before the next
    end_of_turn: str | None = None  # ends an answer in a chat
    more_ends: tuple[str, ...] = ()  # further ones at which writing stops
    begin_of_text: str | None = None  # the makers put it before every text
    chat_template: str | None = None  # Jinja text, as it came

    @property
    def ends(self) -> frozenset[str]:
        """Every special token at which writing stops."""
        turn = () if self.end_of_turn is None else (self.end_of_turn,)
        return frozenset((self.end_of_text, *turn, *self.more_ends))

    def check(self, special_tokens: Collection[str]) -> None:
        """Raises ValueError for a role whose token is not among the special ones."""
        begin = set() if self.begin_of_text is None else {self.begin_of_text}
        for token in sorted(self.ends | begin):
            if token not in special_tokens:
                raise ValueError(f"it has no {token}")

    def kept(self) -> dict[str, Any]:
        """The keys of tokenizer.json: only what a file without them would not mean."""
        values = asdict(self)
        return {
            field.name: values[field.name]
            for field in fields(self)
            if values[field.name] != field.default
        }

    def printed(self) -> list[Any]:
        """What a fingerprint holds of them: nothing for roles that every vocabulary has, so that
        the prints of older runs stay."""
        plain = (self.end_of_text, self.begin_of_text) == (END_OF_TEXT, None)
        return [] if plain else [[self.end_of_text, self.begin_of_text]]
