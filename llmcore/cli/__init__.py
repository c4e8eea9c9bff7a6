"""The command line. Each command calls the same functions as the pages do."""

from llmcore.cli.app import main

__all__ = ["main"]
