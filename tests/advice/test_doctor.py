"""The curve doctor on curves drawn by formula: each ill one is found, the healthy ones are not."""

import math
import random
from dataclasses import replace

import numpy as np
import pytest
from tiny import pretrain_config

from llmcore.advice.doctor import changed_config, curves_from, examine
from llmcore.advice.doctor_rules import Curves, Finding
from llmcore.advice.stumbles import find_stumbles
from llmcore.errors import LabError
from llmcore.runs.metrics import MetricsReader


def curves(train, val=None, steps=1000, norms=None, peak=None, tokens=None, **changes):
    """train, val: functions of progress 0..1 -> loss; logged at every fifth step."""
    config = pretrain_config(steps=steps, warmup_steps=20, **changes)
    peak = peak or 5e-3
    done = list(range(1, int(steps * changes.pop("done", 1.0)) + 1, 5))
    evaluated = list(range(50, steps + 1, 50))
    return Curves(
        config=config,
        train=(done, [train(step / steps) for step in done]),
        val=(evaluated, [(val or train)(step / steps) for step in evaluated]),
        grad_norm=(done, norms or [1.0] * len(done)),
        peak=peak,
        train_tokens=tokens,
        stumbles=find_stumbles(
            (np.array(done), np.array([train(step / steps) for step in done])),
            (np.array(done), np.array(norms or [1.0] * len(done))),
        ),
    )


def noisy(function, sigma=0.05, seed=0):
    rng = random.Random(seed)
    return lambda at: function(at) + rng.gauss(0, sigma)


def healthy(at):
    """From ln 300 = 5.7 down to 2.5, fast first, flat at the end of the cosine."""
    return 2.5 + 3.2 * math.exp(-6 * at)


def kinds(found):
    return [item.kind for item in found]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("sigma", [0.01, 0.1, 0.2])
def test_a_healthy_curve_has_no_finding(sigma, seed):
    assert examine(curves(noisy(healthy, sigma, seed), val=noisy(healthy, 0.005, seed))) == []


def test_a_loss_that_rises_again_has_diverged_and_a_third_of_the_rate_is_suggested():
    found = examine(curves(noisy(lambda at: healthy(at) if at < 0.5 else healthy(0.5) + 1.5)))
    assert kinds(found) == ["diverged"]
    assert found[0].change == {"learning_rate": pytest.approx(0.0017)}
    assert "2.7" in found[0].text and found[0].change_label == "learning rate 0.0017"


def test_a_loss_of_blind_guessing_is_told_with_the_entropy():
    (finding,) = examine(curves(noisy(lambda at: 5.69, 0.02), peak=1e-6))
    assert finding.kind == "guessing" and "5.70" in finding.text
    assert finding.change["learning_rate"] > 1e-6
    (finding,) = examine(curves(noisy(lambda at: 5.75, 0.02), peak=0.5))
    assert finding.kind == "guessing" and finding.change["learning_rate"] < 0.5


def test_a_loss_that_jumps_has_too_high_a_rate():
    rng = random.Random(1)
    found = examine(
        curves(lambda at: healthy(at) + (2.0 if rng.random() < 0.08 else rng.gauss(0, 0.05)))
    )
    assert kinds(found) == ["rate too high"] and found[0].change["learning_rate"] < 5e-3


SHAPES = {
    "guessing": lambda at: 7.0,
    "diverged": lambda at: healthy(at) if at < 0.5 else 9.0,
    "rate too high": lambda at: healthy(at),
}


@pytest.mark.parametrize("kind", SHAPES)
def test_a_rate_far_too_high_goes_down_to_the_one_that_suits_the_model_at_once(kind):
    rng = random.Random(1)
    (finding, *_) = examine(
        curves(lambda at: SHAPES[kind](at) + (9.0 if rng.random() < 0.08 else 0.0), peak=1.0)
    )
    assert finding.kind == kind
    assert finding.change == {"learning_rate": 5e-3}


def test_gradients_that_burst_are_a_rate_too_high_as_well():
    norms = [1.0 if place % 12 else 90.0 for place in range(200)]
    assert kinds(examine(curves(noisy(healthy), norms=norms))) == ["rate too high"]


def test_one_burst_of_the_gradient_is_named_with_its_step_and_a_lower_rate():
    """As in the first run that everyone makes: 0.29 before it, 138 at it, and all as before."""
    norms = [138.0 if place == 40 else 0.29 for place in range(200)]
    (finding,) = examine(curves(noisy(healthy), norms=norms))
    assert finding.kind == "stumbled" and finding.change == {"learning_rate": 2.5e-3}
    assert finding.note and "soon back" in finding.text
    assert "At step 201 the norm of the gradient was 138, 476 times" in finding.text
    assert (
        examine(curves(noisy(healthy), norms=[28.0 if i == 40 else 0.29 for i in range(200)])) == []
    )


def test_one_jump_of_the_loss_is_named_with_its_step():
    def jumps(at):
        return healthy(at) + (2.2 if at == 201 / 1000 else 0.0)

    (finding,) = examine(curves(jumps))
    assert (
        finding.kind == "stumbled" and "At step 201 the training loss jumped from" in finding.text
    )
    assert examine(curves(lambda at: healthy(at) + (1.5 if at == 201 / 1000 else 0.0))) == []


def test_the_first_steps_are_compared_with_nothing():
    norms = [0.1 if place < 4 else 90.0 if place == 4 else 0.5 for place in range(200)]
    assert examine(curves(noisy(healthy), norms=norms)) == []


def test_of_a_finetune_an_odd_batch_is_no_stumble_and_a_loss_that_stays_high_is():
    """Its gradients nearly vanish, and one wrong label makes a batch's loss jump."""

    def learned(at, high=0.0):
        return 0.05 + 0.6 * math.exp(-20 * at) + high

    odd = curves(lambda at: learned(at, 2.5 if at == 501 / 1000 else 0.0),
                 norms=[0.01 if place != 100 else 9.0 for place in range(200)])  # fmt: skip
    finetune = replace(odd.config, kind="classify")
    assert odd.stumbles and examine(replace(odd, config=finetune)) == []
    stays = curves(lambda at: learned(at, 2.5 if 0.5 < at < 0.52 else 0.0))
    found = examine(replace(stays, config=finetune))
    assert kinds(found) == ["stumbled"] and "step 501" in found[0].text
    assert not found[0].note and "stayed high" in found[0].text


def test_a_stumble_between_two_steps_that_are_read_is_found(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text("".join(
        f'{{"step":{step},"split":"train","loss":{healthy(step / 9000)},"attempt":1,'
        f'"grad_norm":{200.0 if step == 4003 else 0.4}}}\n'
        for step in range(1, 9001)
    ))  # fmt: skip
    metrics = MetricsReader(path)
    metrics.refresh()
    read = curves_from(pretrain_config(steps=9000), metrics, 5e-3, None)
    assert 4003 not in read.grad_norm[0]
    (finding,) = examine(read)
    assert finding.kind == "stumbled" and "step 4,003" in finding.text


def test_validation_that_rises_while_training_falls_is_overfitting():
    found = examine(
        curves(noisy(lambda at: 5 - 4.5 * at, 0.02), val=lambda at: 3 + abs(at - 0.4) * 2)
    )
    assert kinds(found) == ["overfitting"]
    assert "step 400" in found[0].text and found[0].change == {"dropout": 0.1}


def test_validation_that_only_trembles_is_not_overfitting():
    assert examine(curves(noisy(healthy), val=noisy(healthy, 0.01))) == []


def test_a_rate_far_below_the_usual_that_still_falls_is_too_low():
    found = examine(curves(noisy(lambda at: 5.6 - 2.0 * at, 0.02), peak=1e-4))
    assert kinds(found) == ["rate too low"] and found[0].change == {"learning_rate": 5e-4}


def test_the_same_curve_with_a_usual_rate_is_left_alone():
    assert examine(curves(noisy(lambda at: 5.6 - 2.0 * at, 0.02), peak=5e-3)) == []


def test_a_flat_curve_is_a_plateau_only_while_the_rate_is_high():
    def flat(at):
        return 4.0 if at > 0.1 else 5.7 - 17 * at

    early = curves(noisy(flat, 0.01), steps=4000)
    early = Curves(early.config, *(
        (series[0][:360], series[1][:360]) for series in (early.train, early.val, early.grad_norm)
    ), peak=early.peak)  # fmt: skip
    assert kinds(examine(early)) == ["plateau"]
    assert examine(curves(noisy(flat, 0.01))) == []


def test_a_small_text_read_often_is_told_with_its_numbers():
    found = examine(curves(noisy(healthy), tokens=3_000))
    assert kinds(found) == ["data too small"] and "3,000 tokens" in found[0].text
    assert examine(curves(noisy(healthy), tokens=3_000_000)) == []


def test_nothing_is_said_before_there_is_something_to_see():
    config = pretrain_config(steps=1000)
    few = Curves(config, ([1, 2, 3, 20], [5.7] * 4), ([], []), ([], []), peak=5e-3)
    assert examine(few) == []
    assert examine(Curves(config, ([], []), ([], []), ([], []), peak=5e-3)) == []


def test_one_bad_moment_is_no_rate_too_high():
    norms = [60.0 if place in {20, 21, 70} else 1.0 for place in range(200)]
    assert examine(curves(noisy(healthy), norms=norms, steps=300)) == []


def test_a_rate_far_too_high_is_found_without_one_jump_and_the_usual_one_is_suggested():
    (finding,) = examine(curves(noisy(lambda at: 5.0 + 0.7 * math.exp(-30 * at), 0.02), peak=0.2))
    assert finding.kind == "rate too high" and finding.change == {"learning_rate": 5e-3}


def test_a_finding_becomes_the_configuration_of_a_new_run():
    config = pretrain_config(steps=70, seed=3)
    change = Finding("overfitting", "", "", {"dropout": 0.2}, "dropout 0.2")
    changed = changed_config(config, change)
    assert changed.model == config.model.with_(dropout=0.2) and changed.train == config.train
    assert changed.name == "tiny text, dropout 0.2"
    rate = changed_config(config, Finding("plateau", "", "", {"learning_rate": 1e-4}, "x"))
    assert rate.train == config.train.with_(learning_rate=1e-4) and rate.model == config.model
    smaller = changed_config(config, Finding("data too small", "", "", {"preset": "tiny"}, "x"))
    assert smaller.preset == "tiny" and smaller.train.steps == 70 and smaller.train.seed == 3
    assert smaller.model.vocab_size == config.model.vocab_size and smaller.data == config.data
    with pytest.raises(LabError, match="no setting"):
        changed_config(config, Finding("data too small", "", ""))


def test_a_long_run_is_read_in_part_and_to_its_end(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text("".join(
        f'{{"step":{step},"split":"train","loss":{healthy(step / 9000)},"attempt":1}}\n'
        for step in range(1, 9001)
    ))  # fmt: skip
    metrics = MetricsReader(path)
    metrics.refresh()
    read = curves_from(pretrain_config(steps=9000), metrics, 5e-3, None)
    assert len(read.train[0]) == 1000 and read.train[0][-1] == 9000
    assert examine(read) == []
