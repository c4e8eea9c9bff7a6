"""`llmlab`, the command of an installed lab: alone it starts the app, with a verb it is the command
line (`python -m llmcore`)."""

import sys

from llmcore.paths import PROJECT_ROOT


def main() -> int:
    """Exit status of the command; alone, `llmlab` serves the app on localhost until Ctrl-C."""
    if len(sys.argv) > 1:
        from llmcore.__main__ import run

        return run("llmlab")
    from streamlit.web import cli

    sys.argv = ["streamlit", "run", str(PROJECT_ROOT / "app.py"), "--server.address", "localhost"]
    return int(cli.main() or 0)
