import numpy as np
import pytest

from llmcore.data.instructions import Instruction, Turn, single
from llmcore.tasks.instruction_tokens import (
    answer_text,
    audit,
    encode_row,
    mask_view,
    prompt_ids,
)
from llmcore.tasks.templates import template_named
from llmcore.tokenizers import builtin_tokenizer

TOKENIZER = builtin_tokenizer("bytes")
PLAIN, ALPACA = template_named("plain"), template_named("alpaca")
ROW = single("Add 1 and 2.", "3.")
TALK = Instruction((Turn("Hi", "Ho."), Turn("Bye", "See you.")))


def said(ids):
    return TOKENIZER.decode([id for id in ids if id != TOKENIZER.eot_id])


def test_the_answer_and_its_end_are_learned_and_nothing_else():
    one = encode_row(TOKENIZER, PLAIN, ROW, 100)
    assert said(one.ids) == "Q: Add 1 and 2.\nA: 3."
    assert said(one.ids[one.learned]) == " 3." and one.ids[-1] == TOKENIZER.eot_id
    assert one.learned[-1] and one.n_targets == 4 and one.n_cut == 0


@pytest.mark.parametrize("template", [PLAIN, ALPACA])
def test_a_prompt_in_use_is_the_prompt_in_training(template):
    one = encode_row(TOKENIZER, template, ROW, 1_000)
    asked = prompt_ids(TOKENIZER, template, ROW)
    assert one.ids[: len(asked)].tolist() == asked and not one.learned[: len(asked)].any()
    assert one.learned[len(asked) :].all()
    assert answer_text(TOKENIZER, one.ids[len(asked) : -1]) == "3."


def test_every_answer_of_a_conversation_is_learned():
    one = encode_row(TOKENIZER, PLAIN, TALK, 200)
    assert said(one.ids[one.learned]) == " Ho. See you."
    assert (one.ids == TOKENIZER.eot_id).sum() == 2
    asked = prompt_ids(TOKENIZER, PLAIN, TALK)
    assert said(asked) == "Q: Hi\nA: Ho.\nQ: Bye\nA:" and asked.count(TOKENIZER.eot_id) == 1


def test_an_answer_that_is_not_to_be_learned_is_read():
    talk = Instruction((Turn("Hi", "Ho.", learned=False), Turn("Bye", "See you.")))
    one, whole = (encode_row(TOKENIZER, PLAIN, row, 200) for row in (talk, TALK))
    assert one.ids.tolist() == whole.ids.tolist()
    assert said(one.ids[one.learned]) == " See you."


def test_what_goes_beyond_the_context_is_cut_and_counted():
    whole = encode_row(TOKENIZER, PLAIN, ROW, 100)
    short = encode_row(TOKENIZER, PLAIN, ROW, len(whole.ids) - 3)  # inputs: one less than ids
    assert short.n_cut == 2 and len(short.ids) == len(whole.ids) - 2
    assert (short.ids == whole.ids[:-2]).all() and short.n_targets == 2
    none = encode_row(TOKENIZER, PLAIN, ROW, 5)
    assert none.n_targets == 0 and len(none.ids) == 6


def test_the_view_gives_each_token_its_role():
    n = len(encode_row(TOKENIZER, PLAIN, ROW, 100).ids)
    view = mask_view(TOKENIZER, PLAIN, ROW, 100, padded_to=n + 2)
    roles = [token["role"] for token in view]
    assert roles == ["prompt"] * (n - 4) + ["answer"] * 3 + ["end"] + ["padding"] * 2
    assert [token["learned"] for token in view] == [role in ("answer", "end") for role in roles]
    assert "".join(token["label"] for token in view[: n - 1]) == "Q: Add 1 and 2.\nA: 3."
    cut = [token["role"] for token in mask_view(TOKENIZER, PLAIN, ROW, n - 3)]
    assert cut == ["prompt"] * (n - 4) + ["answer"] * 2 + ["cut"] * 2


def test_the_audit_finds_what_would_hurt():
    rows = [ROW, single("add 1  and 2.", "four."), single("x" * 60, "y"), single("Say a", "b" * 40),
            single("Say c", "d")]  # fmt: skip
    found = audit(TOKENIZER, PLAIN, rows, 40)
    assert found["n"] == 5 and found["fully_masked"] == {"n": 1, "share": 0.2, "rows": [2]}
    assert found["too_long"]["rows"] == [2, 3] and found["missing_end"]["rows"] == [3]
    assert found["doubles"]["rows"] == found["contradictions"]["rows"] == [1]
    examples = [encode_row(TOKENIZER, PLAIN, row, 40) for row in rows]
    learned = sum(int(example.learned.sum()) for example in examples)
    assert found["learned_share"] == pytest.approx(
        learned / sum(len(example.ids) for example in examples)
    )
    assert found["total_tokens"]["most"] == 41
    assert found["answer_tokens"]["median"] == np.median(
        [example.learned.sum() for example in examples]
    )


def test_an_empty_set_has_nothing_to_find():
    found = audit(TOKENIZER, PLAIN, [], 40)
    assert found["n"] == 0 and found["doubles"]["share"] == 0.0
