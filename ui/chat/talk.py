"""One conversation with one model: what was said, and the job that writes the newest answer.

It lives in the session, and its job in its own thread, so that neither a click elsewhere nor
another page takes anything away.
"""

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from llmcore.errors import LabError
from ui.usual_sampling import TEMPERATURE, TOP_P

if TYPE_CHECKING:
    from llmcore.generation import GenerationJob, SamplingConfig
    from llmcore.models import Loaded
    from llmcore.tasks.chat_template import ChatTemplate
    from llmcore.tasks.conversation import Window
    from llmcore.tasks.templates import Template
    from llmcore.tokenizers.parts import Part

MAX_TALKS, MAX_MESSAGES = 12, 200
STOP_SECONDS, TOKEN_SECONDS = 2.0, 0.25
LONGEST_OF_OTHERS = 240  # tokens: models of others answer in paragraphs
AS_TAUGHT, AS_IT_IS = "as taught", "none"
_TALKS = "lab_chats"


@dataclass
class Exchange:
    """A question with its answer, which grows while `job` runs."""

    question: str
    seed: int = 0
    answer: str = ""
    reason: str = ""  # why the answer ended; "" while it is written
    error: str | None = None
    read_parts: "list[Part]" = field(default_factory=list)  # exactly what the model read
    n_read: int = 0  # tokens of it
    n_tokens: int = 0  # of the answer
    tokens_per_s: float = 0.0
    context_length: int = 0
    left_out: int = 0  # oldest exchanges that the model did not read any more
    n_cut: int = 0  # tokens that the question itself lost at its beginning
    model: str = ""  # whose answer this is: name and step
    job: "GenerationJob | None" = None
    stripped: bool = True  # whether space around the answer is none of it
    about: str = ""  # the text that the question is asked about

    @property
    def read(self) -> str:
        """Exactly the text that the model read."""
        return "".join(part.text for part in self.read_parts)

    @property
    def live(self) -> bool:
        return self.job is not None and self.job.state == "running"

    def refresh(self) -> None:
        """Takes over what the job has written; lets it go once it has ended."""
        job = self.job
        if job is None:
            return
        ended = job.state != "running"  # asked first: what comes after it is then complete
        text = job.tree.text(job.node_id)
        self.answer = text.strip() if self.stripped else text
        self.n_tokens, self.tokens_per_s = job.n_tokens, job.tokens_per_s
        if ended:
            self.reason, self.error = job.reason or "failed", job.error
            self.job = None

    def stop(self) -> None:
        """Ends the answer where it is; it stays as far as it came."""
        if self.job is not None:
            self.job.stop()
            self.job.wait(STOP_SECONDS)
            self.refresh()


@dataclass
class Settings:
    """How the model is asked."""

    system: str = ""
    template: str = AS_TAUGHT  # AS_TAUGHT, AS_IT_IS, a name of TEMPLATES or a text
    chat_template: str = ""  # the makers' one as it was edited here; empty: as it came
    temperature: float = 0.0
    top_p: float = TOP_P  # 1: off
    longest: int = 80  # tokens of an answer
    remember: bool = True  # whether the model reads what was said before


@dataclass
class Talk:
    """A conversation; `settings` are those of the next answer."""

    settings: Settings
    exchanges: list[Exchange] = field(default_factory=list)
    editing: int | None = None  # the question that is being rewritten

    @property
    def live(self) -> bool:
        return bool(self.exchanges) and self.exchanges[-1].live

    def refresh(self) -> None:
        for exchange in self.exchanges:
            exchange.refresh()

    def stop(self) -> None:
        for exchange in self.exchanges:
            exchange.stop()

    def say(self, loaded: "Loaded", question: str) -> None:
        """Asks; an answer that is still being written ends where it is."""
        self._ask(loaded, len(self.exchanges), question, 0)

    def again(self, loaded: "Loaded") -> None:
        """Another answer to the last question, with another seed."""
        last = self.exchanges[-1]
        self._ask(loaded, len(self.exchanges) - 1, last.question, last.seed + 1)

    def resend(self, loaded: "Loaded", at: int, question: str) -> None:
        """Asks a question differently; what followed it goes, since it answered another one."""
        self._ask(loaded, at, question, 0)

    def clear(self) -> None:
        self.stop()
        self.exchanges, self.editing = [], None

    def _ask(self, loaded: "Loaded", at: int, question: str, seed: int) -> None:
        question = question.strip()
        if not question:
            raise LabError("The message is empty: write what you want to ask.")
        if at >= MAX_MESSAGES:
            raise LabError(
                f"The conversation has {MAX_MESSAGES} questions: export it if you like, then clear "
                f"it."
            )
        self.stop()
        made = asked(loaded, self.settings, self.exchanges[:at], question, seed)
        self.exchanges = [*self.exchanges[:at], made]
        self.editing = None


def talk_with(ref: str, loaded: "Loaded") -> Talk:
    """The conversation with the model of this reference, begun if there is none."""
    talks: OrderedDict[str, Talk] = st.session_state.setdefault(_TALKS, OrderedDict())
    if ref not in talks:
        settings = (
            Settings() if loaded.answers else Settings(template=AS_IT_IS, temperature=TEMPERATURE)
        )
        if loaded.chat_template is not None:
            settings.longest = LONGEST_OF_OTHERS
        settings.remember = not learned_alone(loaded)
        talks[ref] = Talk(settings)
    talks.move_to_end(ref)
    while len(talks) > MAX_TALKS:
        talks.popitem(last=False)[1].stop()
    return talks[ref]


def learned_alone(loaded: "Loaded") -> bool:
    """Whether a model learned from single questions only, as those of the built-in sets are: what
    was said before would be taken for a part of the question."""
    from llmcore.data import INSTRUCTIONS

    return loaded.card.get("template") is not None and loaded.card.get("corpus") in INSTRUCTIONS


def template_text(loaded: "Loaded", settings: Settings) -> str | None:
    """The template's text; None if the model just continues what is typed."""
    from llmcore.tasks.templates import TEMPLATES

    if settings.template == AS_TAUGHT:
        own = settings.chat_template or loaded.chat_template
        return loaded.card.get("template") or own
    if "{" in settings.template:
        return settings.template
    return TEMPLATES.get(settings.template)


def template_of(loaded: "Loaded", settings: Settings) -> "Template | ChatTemplate | None":
    """How the model is asked; None if it just continues what is typed. Raises LabError for a text
    that is no template."""
    from llmcore.assistants import asking_template
    from llmcore.tasks.jinja_sandbox import is_jinja

    text = template_text(loaded, settings)
    if settings.chat_template and text == settings.chat_template and not is_jinja(text):
        raise LabError(
            "The text is no Jinja template, since nothing in it stands in {{ }} or {% %}: go back "
            "to the makers' template."
        )
    return None if text is None else asking_template(loaded, text)


def asked(
    loaded: "Loaded",
    settings: Settings,
    earlier: list[Exchange],
    question: str,
    seed: int = 0,
    about: str = "",
) -> Exchange:
    """Starts to answer a question that follows earlier exchanges, and returns at once (after the
    first token, if that comes quickly). about: the text that the question is asked about, the
    template's {input}."""
    from llmcore.generation import start_generation
    from llmcore.generation.tree import Tree

    window = _window(loaded, settings, earlier if settings.remember else [], question, about)
    length = loaded.trunk.config.context_length
    # No longer than the context has room: else the window would slide over the question.
    longest = max(1, min(settings.longest, length - len(window.ids)))
    tree = Tree(loaded.tokenizer, window.text, max_bytes=1, ids=window.ids)
    made = Exchange(
        question,
        seed,
        read_parts=window.parts,
        n_read=len(window.ids),
        context_length=length,
        left_out=window.left_out,
        n_cut=window.n_cut,
        model=f"{loaded.card.get('name') or loaded.ref}, step {loaded.step:,}",
        stripped=template_text(loaded, settings) is not None,
        about=about,
    )
    made.job = start_generation(loaded.trunk, tree, 0, _sampling(loaded, settings, seed, longest))
    end = time.monotonic() + TOKEN_SECONDS
    while made.live and made.job.n_tokens == 0 and time.monotonic() < end:
        time.sleep(0.004)
    made.refresh()
    return made


def _window(
    loaded: "Loaded", settings: Settings, earlier: list[Exchange], question: str, about: str
) -> "Window":
    from llmcore.data.instructions import Turn
    from llmcore.tasks.conversation import conversation_window

    turns = [Turn(exchange.question, exchange.answer) for exchange in earlier]
    return conversation_window(
        loaded.tokenizer,
        template_of(loaded, settings),
        [*turns, Turn(question, "", about)],
        settings.system.strip(),
        loaded.trunk.config.context_length,
        settings.longest,
        ended=loaded.card.get("template") is not None,
    )


def _sampling(loaded: "Loaded", settings: Settings, seed: int, longest: int) -> "SamplingConfig":
    """A model that was never taught to end its answers ends when it begins a next question."""
    from llmcore.generation import SamplingConfig
    from llmcore.tasks.conversation import next_question
    from llmcore.tasks.templates import Template

    template, stop = template_of(loaded, settings), None
    if isinstance(template, Template) and loaded.card.get("template") is None:
        stop = next_question(template)
    return SamplingConfig(
        temperature=settings.temperature,
        top_p=settings.top_p,
        seed=seed,
        max_new_tokens=longest,
        stop=(stop,) if stop else (),
    )
