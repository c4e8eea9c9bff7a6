"""`python -m llmcore`: the command line of the lab."""

import logging
import sys

from llmcore.cli import main
from llmcore.cli.app import debug
from llmcore.device import share_cores

if __name__ == "__main__":
    share_cores()
    # Without LLMLAB_DEBUG an error is one line; the log would put others beside it.
    logging.basicConfig(level=logging.INFO if debug() else logging.CRITICAL, stream=sys.stderr)
    sys.exit(main())
