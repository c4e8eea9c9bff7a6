"""Which special token of a model that comes from elsewhere ends a text, a turn, begins a text."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from llmcore.tokenizers import END_OF_TEXT, Roles

# As models in use name them, the likelier first.
_TEXT_ENDS = (END_OF_TEXT, "<|end_of_text|>", "</s>", "<eos>", "<|eos|>", "[EOS]",
              "<｜end▁of▁sentence｜>", "<｜end▁of▁text｜>")  # fmt: skip
_TURN_ENDS = ("<|im_end|>", "<|eot_id|>", "<end_of_turn>", "<|end|>", "<|end_of_turn|>",
              "<|eom_id|>", "<|eot|>", "<EOT>", "[EOT]", "<end_of_utterance>")  # fmt: skip
MAX_TEMPLATE = 200_000  # characters


def roles_of(
    special_tokens: Mapping[str, int],
    eos_ids: Collection[int],
    begin: str | None = None,
    template: str | None = None,
) -> Roles | None:
    """The roles of `special_tokens`; None if none of them can end a text.

    eos_ids: what the files beside the model call ends of sequence, of which one may end a turn.
    begin: what is put before every text.
    """
    named = [text for text, id in special_tokens.items() if id in eos_ids]
    of_text = [text for text in named if text not in _TURN_ENDS]
    candidates = [*_among(_TEXT_ENDS[:1], special_tokens), *of_text,
                  *_among(_TEXT_ENDS, special_tokens), *named]  # fmt: skip
    if not candidates:
        return None
    end = candidates[0]
    likely = [*_among(_TURN_ENDS, named), *_among(_TURN_ENDS, special_tokens), *named]
    turns = [text for text in likely if text != end]
    turn = turns[0] if turns else None
    more = tuple(text for text in dict.fromkeys([*named, *turns]) if text not in (end, turn))
    return Roles(end, turn, more, begin if begin in special_tokens else None, template)


def _among(names: Sequence[str], known: Iterable[str]) -> list[str]:
    found = set(known)
    return [name for name in names if name in found]


def special_tokens_of(added: Iterable[Mapping[str, Any]], template: str | None) -> dict[str, int]:
    """The added tokens that typed text must not become: those that the file calls special, those
    of the chat template, and those written as marks, `<|…|>`, whatever the file says of them."""
    return {
        str(token["content"]): int(token["id"])
        for token in added
        if token.get("special") or is_mark(str(token["content"]), template)
    }


def is_mark(text: str, template: str | None) -> bool:
    """Whether a token is a mark of a talk by its look, or by its place in the template.

    >>> is_mark("<|im_start|>", None), is_mark("<think>", None), is_mark("    ", "{{ '    ' }}")
    (True, False, False)
    """
    if not text.strip():
        return False
    if text.startswith(("<|", "<｜")) and text.endswith(("|>", "｜>")):
        return True
    enclosed = text.startswith(("<", "[")) and text.endswith((">", "]"))
    return enclosed and template is not None and text in template


def ids_among(*values: object) -> list[int]:
    """Ids in settings of others, each of which is a number, a list of numbers or nothing."""
    found: list[int] = []
    for value in values:
        several = value if isinstance(value, list) else [value]
        found += [id for id in several if isinstance(id, int) and not isinstance(id, bool)]
    return list(dict.fromkeys(found))


def template_of(*values: object) -> str | None:
    """The chat template in settings of others: a text, or a list of named ones of which the one
    called `default` counts. None if there is none, or if it is far too long."""
    for value in values:
        text = value
        if isinstance(value, list):
            named = {each.get("name"): each for each in value if isinstance(each, dict)}
            text = named.get("default", {}).get("template")
        if isinstance(text, str) and text.strip() and len(text) <= MAX_TEMPLATE:
            return text
    return None


def begin_of(settings: Mapping[str, Any], post_processor: object) -> str | None:
    """What is put before every text, by the settings or by the file's own last step."""
    if settings.get("add_bos_token") is False:
        return None
    if settings.get("add_bos_token"):
        return _content(settings.get("bos_token"))
    return _first_of_template(post_processor)


def _content(token: object) -> str | None:
    value = token.get("content") if isinstance(token, dict) else token
    return value if isinstance(value, str) else None


def _first_of_template(step: object) -> str | None:
    if not isinstance(step, dict):
        return None
    if step.get("type") == "Sequence":
        found = map(_first_of_template, step.get("processors") or [])
        return next((name for name in found if name is not None), None)
    single = step.get("single") if step.get("type") == "TemplateProcessing" else None
    first = single[0] if isinstance(single, list) and single else None
    special = first.get("SpecialToken") if isinstance(first, dict) else None
    named = special.get("id") if isinstance(special, dict) else None
    return named if isinstance(named, str) else None
