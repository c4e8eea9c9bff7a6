"""`generate` with every sampling option, and `score`, on the bundled starter model."""

import math
import re

import pytest

GENERATE = ("generate", "--model", "starter", "--prompt", "My lord, ", "--max-new-tokens", 12)


def test_every_sampling_option_reaches_the_model(lab):
    plain = lab(*GENERATE, "--seed", 1, "--json").json
    assert plain["reason"] == "length" and len(plain["ids"]) == len(plain["probabilities"]) == 12
    assert (
        all(0 < probability <= 1 for probability in plain["probabilities"])
        and plain["first_token_s"] > 0
    )
    greedy = lab(*GENERATE, "--temperature", 0, "--json").json
    for sole in (("--top-k", 1), ("--min-p", 1), ("--top-p", 1e-9)):
        assert lab(*GENERATE, "--seed", 1, *sole, "--json").json["ids"] == greedy["ids"]
    varied = lab(*GENERATE, "--temperature", 0, "--repetition-penalty", 10, "--json").json["ids"]
    assert len(set(varied)) == len(varied) and varied != greedy["ids"]
    again = lab(*GENERATE, "--seed", 1, "--no-cache", "--json").json
    assert again["ids"] == plain["ids"]


def test_0_is_off_for_every_filter_and_the_penalty(lab):
    plain = lab(*GENERATE, "--seed", 1, "--json").json["ids"]
    off = [word for name in ("top-k", "top-p", "min-p", "repetition-penalty")
           for word in (f"--{name}", 0)]  # fmt: skip
    assert lab(*GENERATE, "--seed", 1, *off, "--json").json["ids"] == plain
    said = lab("generate", "--help").out
    assert said.count("0: off") + said.count("0 or 1: off") >= 3


def test_stop_strings_may_be_given_several_times(lab):
    whole = lab(*GENERATE, "--seed", 1, "--json").json["text"]
    first, second = whole[4:7], whole[9:12]
    made = lab(*GENERATE, "--seed", 1, "--stop", second, "--stop", first, "--json").json
    assert made["reason"] == "stop string" and made["text"] == whole[: whole.index(first)]
    shown = lab(*GENERATE, "--seed", 1, "--stop", first)
    assert shown.out == "My lord, " + made["text"] + "\n" and "stop string" in shown.err


@pytest.mark.parametrize(
    "wrong",
    [("--min-p", 1.5), ("--repetition-penalty", 0.05), ("--repetition-penalty", "much"),
     ("--top-k", -1), ("--max-new-tokens", 0), ("--stop", ""), ("--stop", "x" * 101)],
)  # fmt: skip
def test_options_out_of_bounds_are_bad_arguments(lab, wrong):
    outcome = lab(*GENERATE, *wrong)
    assert outcome.error and outcome.status == 2


def test_score_tells_what_every_token_costs(lab):
    text = "To be, or not to be: zxqv\n"
    made = lab("score", "--model", "starter", text, "--json").json
    assert made["bytes"] == len(text) and made["n"] == len(made["tokens"])
    assert "".join(token["text"] for token in made["tokens"]) == text
    nats = sum(token["loss"] for token in made["tokens"])
    assert made["loss"] == pytest.approx(nats / made["n"])
    assert made["bits_per_byte"] == pytest.approx(nats / math.log(2) / len(text))
    assert made["tokens"][0].keys() == {
        "id", "text", "start", "end", "loss", "probability", "rank", "entropy",
    }  # fmt: skip
    same = lab("score", "--model", "starter", "-", "--json", stdin=text.encode()).json
    assert same == made
    nonsense = lab("score", "--model", "starter", "zxqv jjkw qqqp", "--json").json
    assert nonsense["bits_per_byte"] > made["bits_per_byte"]


def test_score_prints_the_most_surprising_tokens_first(lab):
    out = lab("score", "--model", "starter", "the king and the qzx").out.splitlines()
    assert "bits per byte" in out[0] and out[2].split() == ["token", "bits", "rank", "expected"]
    bits = [float(re.search(r" (\d+\.\d) ", line)[1]) for line in out[3:]]
    assert len(bits) > 3 and bits == sorted(bits, reverse=True)


def test_score_refuses_no_text_and_a_classifier(lab):
    assert "no text" in lab("score", "--model", "starter", "").error
    for command in (("score", "x"), ("generate", "--prompt", "x")):
        assert "is a classifier" in lab(*command, "--model", "starter-spam").error
