"""The settings of a comparison with earlier NLP."""

from dataclasses import dataclass

from llmcore.settings import Checked, setting


@dataclass(slots=True, frozen=True)
class CompareConfig(Checked):
    """LLM against earlier NLP: how much of each task is done, and the imported GPT-2, if any."""

    gpt2: str | None = setting(None, "an imported GPT-2 to compare as well; it takes minutes more")
    n_train: int = setting(2000, "labelled texts to learn from, at most", 50, 1_000_000)
    n_test: int = setting(1500, "labelled texts to test on, at most", 20, 1_000_000)
    epochs: int = setting(3, "how often the GPTs see each labelled text", 1, 100)
    lm_steps: int = setting(300, "training steps of the small GPT that learns to write", 1, 100_000)
    held_out_bytes: int = setting(150_000, "held-out Shakespeare to predict", 500, 10_000_000)
    sample_tokens: int = setting(70, "length of each sample, in tokens", 1, 1000)

    @property
    def sources(self) -> tuple[str, ...]:
        """None that can change: all its sets come with the lab."""
        return ()
