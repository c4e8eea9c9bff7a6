"""A conversation as a file: JSON in the form that a finetune reads, or Markdown to read."""

import json

from ui.chat.talk import Talk
from ui.marked import escaped


def as_json(talk: Talk, ref: str) -> str:
    """One object with `messages`, as the Instructions page and `finetune` read them, and beside
    them what is known of each answer."""
    messages = []
    if talk.settings.system.strip():
        messages.append({"role": "system", "content": talk.settings.system.strip()})
    for exchange in talk.exchanges:
        messages.append({"role": "user", "content": exchange.question})
        messages.append({"role": "assistant", "content": exchange.answer})
    about = [
        {"model": exchange.model, "ended": exchange.reason, "seed": exchange.seed,
         "prompt_tokens": exchange.n_read, "answer_tokens": exchange.n_tokens}
        for exchange in talk.exchanges
    ]  # fmt: skip
    settings = {"temperature": talk.settings.temperature,
                "top_p": talk.settings.top_p,
                "template": talk.settings.chat_template or talk.settings.template,
                "longest": talk.settings.longest}  # fmt: skip
    whole = {"messages": messages, "model": ref, "settings": settings, "answers": about}
    return json.dumps([whole], ensure_ascii=False, indent=1)


def as_markdown(talk: Talk, ref: str) -> str:
    """A heading and a paragraph a message; signs of Markdown in messages stay plain text."""
    parts = [f"# Conversation with {escaped(ref)}"]
    if talk.settings.system.strip():
        parts.append(f"**System**\n\n{as_lines(talk.settings.system.strip())}")
    for exchange in talk.exchanges:
        parts.append(f"**You**\n\n{as_lines(exchange.question)}")
        parts.append(f"**{escaped(exchange.model)}**\n\n{as_lines(exchange.answer) or '(nothing)'}")
    return "\n\n".join(parts) + "\n"


def as_lines(text: str) -> str:
    """Markdown that shows a text just as it is, its line breaks and indents too."""
    lines = []
    for line in text.split("\n"):
        bare = line.lstrip(" \t")
        lines.append("\u00a0" * len(line[: len(line) - len(bare)].expandtabs(4)) + escaped(bare))
    return "  \n".join(lines)
