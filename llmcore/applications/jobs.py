"""The eight jobs: what each is, the rows that it is measured on, and the model that serves it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from llmcore import paths
from llmcore.data.instructions import Instruction, load_builtin
from llmcore.data.sources import CORPORA, INSTRUCTIONS
from llmcore.errors import LabError, NotFoundError
from llmcore.runs.run import Run

if TYPE_CHECKING:
    from llmcore.models import Loaded
    from llmcore.runs.state import RunInfo
    from llmcore.runs.store import RunStore

T = TypeVar("T")
EXACT, CHRF, BITS, ACCURACY = "exact_match", "chrf", "bits_per_byte", "accuracy"
# A score below is no use, whatever a trivial method reaches. Bits per byte have no such line.
FLOORS = {EXACT: 0.5, CHRF: 50.0, ACCURACY: 0.5}
# Of a text that is gone on with, the words must be real ones nearly as often as a person's.
REAL_WORDS, HUMAN, MOST_FEWER = "real_words", "held-out text", 0.05
SENTIMENT_SET = "tweet-sentiment"  # what a classifier is measured on instead


@dataclass(frozen=True, slots=True)
class Job:
    """One use of a language model.

    model: the bundled model that serves it. data: an instruction set, whose test rows of `groups`
    (all, if none is named) are answered, or a corpus, whose held-out documents are read.
    metric: what decides. prompts: beginnings for a job that goes on with a text. own_words:
    questions as a person may put them, unlike any row of `data`, with the text that is beside
    them and a right answer; too few to measure on, so what a model answers is shown unchanged.
    """

    name: str
    title: str
    what: str
    model: str
    data: str
    metric: str
    groups: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    own_words: tuple[tuple[str, str, str], ...] = ()

    @property
    def answers(self) -> bool:
        """Whether it answers instructions; else it goes on with a text."""
        return self.data in INSTRUCTIONS

    @property
    def takes_classifier(self) -> bool:
        return self.name == "sentiment"

    def fits(self, loaded: "Loaded") -> None:
        """Raises LabError if a model cannot do this job."""
        if loaded.labels is None:
            return
        if not self.takes_classifier:
            raise LabError(
                f"{loaded.ref} is a classifier and writes no text: choose a language model."
            )
        if loaded.card.get("corpus") != SENTIMENT_SET:
            raise LabError(
                f"{loaded.ref} sorts other classes than moods: finetune a classifier on "
                f"{SENTIMENT_SET}, or choose a language model."
            )


# Written for this page: nobody's text.
_POSTS = (
    "Just landed and",
    "I love it when",
    "Good morning everyone,",
    "@friend thank you for",
    "Can somebody tell me why",
)
_STORIES = (
    "Enter the KING, with a letter in his hand.\n\n",
    "My lord, the night is",
    "What news of the ships that",
    "Once upon a time",
    "The old man looked at the sea and",
)

JOBS = {
    job.name: job
    for job in (
        Job(
            "content-creation", "Content creation", "Short posts from a first few words.", "base",
            "tweets", BITS, prompts=_POSTS,
        ),
        Job(
            "assistant", "Chatbot and assistant",
            "Answers to passengers of an invented airline, with its rules.", "airline-support",
            "airline-support", EXACT,
            own_words=(
                ("I lost my boarding pass, what now?", "", "Where one gets another one."),
                ("My suitcase came out broken. Who pays?", "", "How damage is reported."),
            ),
        ),
        Job(
            "translation", "Machine translation", "Everyday English into French and Spanish.",
            "translation", "translation", CHRF,
            own_words=(
                ("Translate into Spanish.", "Where is the train station?",
                 "¿Dónde está la estación de tren?"),
                ("How do you say this in French?", "My brother is ill today.",
                 "Mon frère est malade aujourd'hui."),
            ),
        ),
        Job(
            "novel-text", "Novel text", "A scene or a story that goes on from its first line.",
            "base", "shakespeare", BITS, prompts=_STORIES,
        ),
        Job(
            "sentiment", "Sentiment", "Is a short review positive, negative or neutral?",
            "general", "general", EXACT, ("sentiment",),
            own_words=(
                ("Is this positive, negative or neutral?",
                 "We waited an hour and the soup was cold.", "Negative."),
                ("Did they like it?", "I would not give this phone back for anything.",
                 "Positive."),
            ),
        ),
        Job(
            "question-answering", "Question answering",
            "Questions about a short text that stands beside them.", "general", "general", EXACT,
            ("reading", "name", "day"),
            own_words=(
                ("What did she forget?",
                 "Anna ran to the station because she was late. She left her umbrella at home.",
                 "Her umbrella."),
                ("Why was the shop closed?",
                 "The baker was ill on Monday, so the shop stayed closed.", "The baker was ill."),
            ),
        ),
        Job(
            "summaries", "Summaries", "A few sentences in one.", "general", "general", CHRF,
            ("summary",),
            own_words=(
                ("Summarize this in one sentence.",
                 "The city will close the old bridge in May. Engineers found cracks in two of its "
                 "pillars. Buses will take another road until autumn.",
                 "The old bridge closes in May, since its pillars have cracks."),
            ),
        ),
        Job(
            "e-mail", "E-mail writing", "A whole e-mail from a short note.", "general", "general",
            CHRF, ("email",),
            own_words=(
                ("Write an e-mail from this note.",
                 "tell Dr Brown I cannot come tomorrow, new date next week?",
                 "An e-mail to Dr Brown that asks for another date."),
            ),
        ),
    )
}  # fmt: skip


def job_named(name: str) -> Job:
    """Raises NotFoundError for a name that no job has."""
    if name not in JOBS:
        raise NotFoundError(f"There is no job {name[:40]!r}: choose one of {', '.join(JOBS)}.")
    return JOBS[name]


def held_out(job: Job) -> list[Instruction]:
    """The test rows of a job that answers; none of them was in its training split."""
    rows = load_builtin(job.data).test
    return [row for row in rows if not job.groups or row.group in job.groups]


def spread(rows: Sequence[T], n: int | None) -> list[T]:
    """`n` of the rows at even distances, in order; all if there are no more.

    >>> spread("abcdef", 3)
    ['a', 'c', 'e']
    """
    if n is None or n >= len(rows):
        return list(rows)
    return [rows[i * len(rows) // n] for i in range(n)]


def serving_model(job: Job, store: "RunStore | None" = None) -> str | None:
    """The model that a job is tried with: the bundled one, else the newest of this machine that
    learned from the job's set. None if there is neither."""
    if (paths.BUNDLED_RUNS / job.model).is_dir():
        return job.model
    if not job.answers:
        from llmcore.models import default_model

        return default_model()
    own = (info for info in own_runs(job, store) if Run(info.directory).checkpoints())
    return next((info.id for info in own), None)


def own_runs(job: Job, store: "RunStore | None" = None) -> "list[RunInfo]":
    """This machine's runs that learned, or learn now, from the job's built-in set; newest first."""
    if not job.answers:
        return []
    from llmcore.runs.store import RunStore

    infos = (info for info in (store or RunStore()).list() if not info.example)
    return [info for info in infos if info.kind == "instruct" and _learned_from(info, job.data)]


def _learned_from(info: "RunInfo", source: str) -> bool:
    """A user's file may have the name of a built-in set: a run keeps a copy of that."""
    run = Run(info.directory)
    return run.config.data.source == source and run.stored_data() is None


def documents_of(job: Job) -> tuple[list[str], list[str]]:
    """Training and held-out documents of a job that writes on; the same split that every run on
    this corpus has. Raises LabError if the corpus is not on this machine."""
    from llmcore.config import DataConfig
    from llmcore.data.corpora import CORPUS_SPLIT_SEED, load_corpus

    assert job.data in CORPORA
    return load_corpus(job.data).split(DataConfig().validation, CORPUS_SPLIT_SEED)
