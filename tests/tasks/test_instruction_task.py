import random

import numpy as np
import pytest
import torch
from random_models import SHAPE, TOKENIZER

from llmcore.config import TrainConfig
from llmcore.data.instructions import InstructionSplits, single
from llmcore.errors import LabError
from llmcore.nn.model import GPT
from llmcore.tasks import instruction_scores
from llmcore.tasks.instruction import InstructionTask, shown_rows
from llmcore.tasks.instruction_tokens import encode_row, fits
from llmcore.tasks.templates import Template
from llmcore.train.checkpoint_index import best, list_checkpoints
from llmcore.train.control import NeverStop
from llmcore.train.sinks import NullSink
from llmcore.train.trainer import Trainer

SHORT = Template("{instruction}[[ {input}]]:")


def rows(n, seed=0, holdout=""):
    rng = random.Random(seed)
    animals = {"the cat": "sees", "a dog": "likes", "my friend": "hears"}
    made = []
    for _ in range(n):
        animal, number = rng.choice(list(animals)), str(rng.randint(0, 9))
        made.append(single(f"{animal} {number}", f"{animals[animal]} it", holdout=holdout))
    return made


def make_task(n=30, packing=False, data=None, **settings):
    config = TrainConfig(**{"batch_size": 4, "seed": 5, **settings})
    data = data or InstructionSplits(
        rows(n), rows(6, 1), [*rows(5, 2, "slots"), *rows(4, 3, "phrasings")]
    )
    return InstructionTask(GPT(SHAPE), TOKENIZER, SHORT, data, config, "cpu", packing)


class Recorder(NullSink):
    def __init__(self):
        self.events = []

    def event(self, kind, step, **values):
        self.events.append({"type": kind, "step": step, **values})


def test_an_epoch_sees_every_row_once():
    task = make_task()
    batches = [task.micro_batches(step)[0] for step in range(1, 9)]
    assert sum(len(batch.ids) for batch in batches) == 30
    assert sum(batch.n_tokens for batch in batches) == sum(
        len(example.ids) - 1 for example in task.train
    )
    again = make_task().micro_batches(3)[0]
    assert torch.equal(again.ids, batches[2].ids)


@pytest.mark.parametrize("step", [1, 4])
def test_packed_and_padded_steps_have_the_same_loss_and_tokens(step):
    packed, padded = make_task(packing=True), make_task()
    packed.model.eval(), padded.model.eval()
    (one,), (other,) = packed.micro_batches(step), padded.micro_batches(step)
    assert len(one.ids) < len(other.ids) and one.n_tokens == other.n_tokens
    losses = packed.loss(one)[0].item(), padded.loss(other)[0].item()
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)


@pytest.mark.parametrize("packing", [False, True])
def test_the_tokens_of_a_step_are_those_of_its_rows(packing):
    task = make_task(packing=packing)
    for step in range(1, 9):
        assert task.n_tokens(step) == sum(batch.n_tokens for batch in task.micro_batches(step, 2))
    assert len({task.n_tokens(step) for step in range(1, 9)}) > 1  # batches differ


def test_micro_batches_make_up_the_batch():
    parts = make_task().micro_batches(3, parts=2)
    whole = make_task().micro_batches(3)[0]
    assert len(parts) == 2 and sum(part.n_tokens for part in parts) == whole.n_tokens


def test_evaluation_is_the_loss_of_the_answers_alone():
    """The same number from a plain loop over rows and tokens."""
    task = make_task()
    task.model.eval()
    total = count = 0
    for example in task.validation:
        logits = task.model(torch.from_numpy(example.ids[None, :-1]))[0].log_softmax(-1)
        for place in range(1, len(example.ids)):
            if example.learned[place]:
                total -= logits[place - 1, example.ids[place]].item()
                count += 1
    assert task.evaluate()["loss"] == pytest.approx(total / count, abs=1e-5)


def test_it_learns_to_answer_and_tests_what_it_learned(tmp_path):
    data = InstructionSplits(rows(60), rows(8, 1), [*rows(6, 2, "slots"), *rows(4, 3, "frames")])
    task = make_task(data=data, steps=150, learning_rate=1e-2, eval_every=50, warmup_steps=5)
    sink = Recorder()
    Trainer(task, task.config, tmp_path).fit(NeverStop(), sink)
    (result,) = [event for event in sink.events if event["type"] == "result"]
    assert result["test"]["exact_match"] > 0.8, task.test_rows
    assert result["test"]["n"] == 10 and 0 <= result["test"]["loss"] < 1
    assert {k: v["n"] for k, v in result["test"]["by_holdout"].items()} == {"slots": 6, "frames": 4}
    shown = [event for event in sink.events if event["type"] == "answers"]
    assert [sample["step"] for sample in shown] == [1, 50, 100, 150]
    assert len(shown[0]["rows"]) == 5 and shown[0]["rows"] != shown[-1]["rows"]
    assert {"prompt", "expected", "answer", "holdout"} == set(shown[0]["rows"][0])
    order = [(test_row["right"], -test_row["loss"]) for test_row in task.test_rows]
    assert order == sorted(order) and len(task.test_rows) == 10
    assert task.state()["template"] == SHORT.text


def test_shown_rows_come_from_each_kind_in_turn():
    data = InstructionSplits(rows(3), rows(3, 1), [*rows(9, 2, "slots"), *rows(9, 3, "frames")])
    assert [row.holdout for row in shown_rows(data)] == ["slots", "frames", "slots", "frames",
                                                         "slots"]  # fmt: skip
    data.test = []
    assert all(row in data.validation for row in shown_rows(data)) and shown_rows(data)
    data.validation = []
    assert shown_rows(data) == []


def test_rows_without_room_for_an_answer_are_left_out_with_a_notice():
    long = single("the moon " * 30, "x")
    cut = single("the cat", "the moon " * 30)
    task = make_task(data=InstructionSplits([*rows(8), long, cut], [], []))
    assert len(task.train) == 9
    assert any("1 training rows were left out" in notice for notice in task.notices)
    assert any("1 training rows are longer" in notice for notice in task.notices)
    with pytest.raises(LabError, match="No training row has an answer within 32 tokens"):
        make_task(data=InstructionSplits([long], [], []))
    sink = Recorder()
    task.finish(sink, 1)
    assert "no test split" in sink.events[0]["text"]


def test_without_validation_rows_nothing_is_validated_and_the_last_weights_are_kept(tmp_path):
    """Not on training rows, whose loss would look like a result."""
    task = make_task(data=InstructionSplits(rows(12), [], []), steps=6, eval_every=2)
    assert task.validation == [] and task.evaluate() == {}
    assert any("no validation row" in notice for notice in task.notices)
    sink = Recorder()
    outcome = Trainer(task, task.config, tmp_path).fit(NeverStop(), sink)
    assert (outcome.best_step, outcome.val_loss) == (6, None)
    assert best(list_checkpoints(tmp_path)).step == 6


def test_test_rows_that_do_not_fit_are_left_out_of_every_score():
    """Their prompt fills the context, or their answer reaches beyond it: none could be right."""
    long, cut = single("the moon " * 30, "x"), single("the cat", "the moon " * 30)
    test = [*rows(5, 2, "slots"), long, cut]
    task, sink = make_task(data=InstructionSplits(rows(9), rows(3, 1), test)), Recorder()
    task.model.eval()
    task.finish(sink, 1)
    notices = [event["text"] for event in sink.events if event["type"] == "notice"]
    assert any("2 of 7 test rows do not fit" in notice for notice in notices)
    scores = sink.events[-1]["test"]
    assert (scores["n"], scores["left_out"], len(task.test_rows)) == (5, 2, 5)
    alone, fresh = make_task(data=InstructionSplits(rows(9), rows(3, 1), test[:5])), Recorder()
    alone.model.eval()
    alone.finish(fresh, 1)
    assert {**fresh.events[-1]["test"], "left_out": 2} == scores


def test_where_no_test_row_fits_there_is_no_score():
    long = [single(f"the moon {n} " * 30, "x") for n in range(4)]
    task, sink = make_task(data=InstructionSplits(rows(9), rows(3, 1), long)), Recorder()
    task.model.eval()
    task.finish(sink, 1)
    assert any("4 of 4 test rows do not fit" in event.get("text", "") for event in sink.events)
    scores = sink.events[-1]["test"]
    assert (scores["n"], scores["left_out"], scores["by_holdout"]) == (0, 4, {})
    assert all(scores[name] is None for name in ("exact_match", "loss", "chrf"))
    assert task.test_rows == [] and task.shown and task.shown[0] in task.data.validation


@pytest.mark.parametrize("length", range(1, 30))
def test_a_row_fits_where_its_answer_can_be_given_to_the_end(length):
    row = single("the cat", "sees")
    whole = encode_row(TOKENIZER, SHORT, row, 1 << 30)
    assert fits(TOKENIZER, SHORT, row, length) == (len(whole.ids) - 1 <= length)
    assert fits(TOKENIZER, SHORT, row, length) == (
        encode_row(TOKENIZER, SHORT, row, length).n_cut == 0
    )


def test_an_answer_longer_than_the_usual_limit_can_be_right():
    """The model answers as long as the longest expected answer, so no row is wrong unread."""
    row = single("the cat", "a b " * 100)
    asked = []

    def greedy(model, tokenizer, prompts, most):
        asked.append(most)
        return [tokenizer.encode(row.last.output)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(instruction_scores, "greedy_answers", greedy)
        made = instruction_scores.answers(GPT(SHAPE), TOKENIZER, SHORT, [row])
    assert made == [row.last.output.strip()]
    assert asked[0] >= len(TOKENIZER.encode(row.last.output)) > instruction_scores.MAX_NEW_TOKENS


def test_training_rows_are_scored_beside_the_test():
    task, sink = make_task(150), Recorder()
    task.model.eval()
    task.finish(sink, 1)
    learned = sink.events[-1]["train_rows"]
    assert learned["n"] == 100 and {"exact_match", "loss"} < set(learned)
    scores, _ = instruction_scores.scored_answers(
        task.model, TOKENIZER, SHORT, [task.data.train[int(i)] for i in np.linspace(0, 149, 100)]
    )
    assert learned["loss"] == pytest.approx(scores["loss"])
