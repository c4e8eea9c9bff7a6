"""Run as a program: splits long runs of every sort of character in the way of the tokenizer.json
whose normalizer and pre-tokenizer come on standard input. It ends with status 1 and a reason if
that fails, and is ended by the system if it takes longer than the seconds that it is given."""

import json
import sys
from collections.abc import Sequence

from llmcore.errors import LabError
from llmcore.tokenizers.file_checks import PROBE_CHARACTERS, check_expressions, expressions_in

SORTS = " \n\ta'Aé漢1.\u0301-"


def main(seconds: int) -> int:
    from llmcore.tokenizers.package import PackageEngine

    _limit(seconds)
    splits = json.loads(sys.stdin.buffer.read())
    model = {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}
    try:
        check_expressions(splits)
        engine = PackageEngine(json.dumps({**splits, "version": "1.0", "model": model}), {})
        for text in texts(list(expressions_in(list(splits.values())))):
            engine.encode(text)
    except LabError as error:
        sys.stdout.write(f"{error}\n")
        return 1
    return 0


def _limit(seconds: int) -> None:
    """Of the processor's time; without it (Windows) who called this looks at the clock."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def texts(expressions: Sequence[str]) -> list[str]:
    """Runs of one character and of two in turn, with another at the end, on which a match fails
    late; also of those that the expressions name themselves."""
    named = dict.fromkeys(sign for text in expressions for sign in text if sign.isalnum())
    signs = [*SORTS, *list(named)[:8]]
    found = []
    for number, sign in enumerate(signs):
        other = signs[(number + 1) % len(signs)]
        found.append(sign * PROBE_CHARACTERS + other)
        found.append((sign + other) * (PROBE_CHARACTERS // 2) + "!")
    return found


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
