"""`python -m llmcore`: the command line of the lab."""

import os
import signal
import sys


def _interrupted(*_: object) -> None:
    """Nothing was begun yet, and an import that is broken off gives a traceback of its own."""
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


if __name__ == "__main__":
    sys.exit(run())
