"""The core of LLM Lab: everything that is not Streamlit. Importing it imports no torch."""

__version__ = "0.1.0"
