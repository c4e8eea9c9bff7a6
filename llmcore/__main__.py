"""`python -m llmcore`: the command line of the lab."""

import os
import signal
import sys


def _interrupted(*_: object) -> None:
    """Nothing was begun yet, and an import that is broken off gives its own traceback."""
    os.write(2, b"error: Interrupted before the command was done.\n")
    os._exit(1)


def run(program: str = "python -m llmcore") -> int:
    """Runs the command that `sys.argv` names and returns its exit status."""
    before = signal.signal(signal.SIGINT, _interrupted)  # the imports below take a second

    import logging

    from llmcore.cli import main
    from llmcore.cli.app import debug
    from llmcore.device import share_cores

    share_cores()
    # Without LLMLAB_DEBUG an error is one line; the log would put others beside it.
    logging.basicConfig(level=logging.INFO if debug() else logging.CRITICAL, stream=sys.stderr)
    signal.signal(signal.SIGINT, before)
    return main(program=program)


def llmlab() -> int:
    """`llmlab`, the command of an installed lab: alone it serves the app on localhost until
    Ctrl-C, with a verb it is the command line."""
    if len(sys.argv) > 1:
        return run("llmlab")

    import runpy

    from llmcore.paths import PROJECT_ROOT

    sys.argv = ["streamlit", "run", str(PROJECT_ROOT / "app.py"), "--server.address", "localhost"]
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)
    return 0


if __name__ == "__main__":
    sys.exit(run())
