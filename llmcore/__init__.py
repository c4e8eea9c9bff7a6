"""The core of LLM Lab: everything that is not Streamlit. Importing it imports no torch."""

from typing import TYPE_CHECKING, Any

from llmcore.version import VERSION

if TYPE_CHECKING:
    from llmcore.assistants import load_assistant
    from llmcore.classifiers import load_classifier

__all__ = ["__version__", "load_assistant", "load_classifier"]
__version__ = VERSION


def __getattr__(name: str) -> Any:
    """`from llmcore import load_classifier`, without loading anything for those who do not."""
    if name == "load_classifier":
        from llmcore.classifiers import load_classifier

        return load_classifier
    if name == "load_assistant":
        from llmcore.assistants import load_assistant

        return load_assistant
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
