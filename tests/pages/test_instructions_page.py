"""The Instructions page: data and template, what the loss sees, one click to a run, its results."""

import json
import shutil
from pathlib import Path

import pytest
from page_driver import button, component, only_error, open_page, page_at, shown
from streamlit.testing.v1 import AppTest
from tiny import TEXT, pretrain_config

from llmcore.config import LoraConfig, ModelConfig
from llmcore.errors import LabError
from llmcore.execution import launch
from llmcore.recipes.instructions import plan_instruct
from llmcore.runs import RunStore
from ui.instructions.answers import changes
from ui.instructions.options import Settings, learned

ROWS = [{"instruction": f"the cat {n}", "output": "sees <b>it</b>"} for n in range(40)]
DATA = json.dumps(ROWS).encode()
TEMPLATE = "{instruction}:"


pytestmark = pytest.mark.usefixtures("without_examples")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A tiny base model, and a finished LoRA run of instructions on it, made once."""
    root = tmp_path_factory.mktemp("runs")
    base = root / RunStore.mint_id("base")
    shape = pretrain_config()
    launch.run_foreground(base, shape, TEXT.encode())
    longer = root / RunStore.mint_id("longer")  # in whose context whole rows fit
    context = shape.model.with_(context_length=32)
    launch.run_foreground(longer, shape.with_(model=context), TEXT.encode())
    tuned = root / RunStore.mint_id("tuned")
    config = plan_instruct(
        "mine.json", str(longer), table=DATA, template=TEMPLATE, epochs=2,
        train_changes={"batch_size": 8, "threads": 1},
    )  # fmt: skip
    launch.run_foreground(tuned, config, DATA)
    return base, tuned


@pytest.fixture
def base(made: tuple[Path, Path], home: Path) -> str:
    shutil.copytree(made[0], home / "runs" / made[0].name)
    return made[0].name


@pytest.fixture
def tuned(made: tuple[Path, Path], base: str, home: Path) -> str:
    shutil.copytree(made[1], home / "runs" / made[1].name)
    return made[1].name


def upload(data: bytes, name: str = "mine.json") -> AppTest:
    """The page that already stands at own files: the built-in set, which the page opens with, takes
    two seconds to survey."""
    page = page_at("instructions", instruct_data="own")
    return page.file_uploader(key="instruct_upload").set_value((name, data, "text/plain")).run()


def own_template(page: AppTest, text: str) -> AppTest:
    page.button_group(key="instruct_template").set_value("own").run()
    return page.text_area(key="instruct_template_text").set_value(text).run()


def tokens_of(page: AppTest) -> list[tuple[str, str]]:
    view = json.loads(component(page, "loss_view") or b"{}")
    return [(role, "".join(text for _, text in parts)) for role, parts, _ in view["tokens"]]


def test_without_any_model_the_page_says_what_to_do() -> None:
    page = open_page("instructions")
    assert "pretrain one first" in only_error(page)
    assert button(page, "Start training").disabled


def test_an_upload_shows_its_rows_and_what_the_loss_sees(base: str) -> None:
    page = own_template(upload(DATA), TEMPLATE)
    assert not page.exception and not page.error
    assert len(page.dataframe) == 1 and not button(page, "Start training").disabled
    assert "29 examples to train, 3 to validate, 8 to test" in shown(page)
    found = tokens_of(page)
    roles = [role for role, _ in found]
    assert roles.index("answer") > 0 and set(roles[: roles.index("answer")]) == {"prompt"}
    assert "".join(text for role, text in found if role == "prompt").endswith(":")
    assert "tokens of prompt are masked" in shown(page)
    assert "The whole training set:" in shown(page)


def test_own_instructions_are_a_click_away_from_the_built_in_set(base: str) -> None:
    page = open_page("instructions")
    assert not page.exception and not page.get("file_uploader")
    page.button_group(key="instruct_data").set_value("own").run()
    page.file_uploader(key="instruct_upload").set_value(("a.json", DATA, "text/plain")).run()
    assert not page.exception and not page.error
    assert "29 examples to train, 3 to validate, 8 to test" in shown(page)


def test_the_audit_finds_what_is_cut_and_shows_one(base: str) -> None:
    rows = [*ROWS, {"instruction": "so long " * 20, "output": "never learned"}]
    page = own_template(upload(json.dumps(rows).encode()), TEMPLATE)
    found = {metric.label: metric.value for metric in page.metric}
    # The long row may have gone to another split: the seed decides, so both must agree.
    train = plan_rows(rows)
    assert found["Nothing to learn"] == str(sum("so long" in question for question in train))
    assert found["Too long"] != "0"
    page.button(key="instruct_finding_too_long_mine.json").click().run()
    assert not page.exception and "cut" in {role for role, _ in tokens_of(page)}


def plan_rows(rows: list[dict[str, str]]) -> list[str]:
    from llmcore.data import instructions_from_bytes, split_instructions
    from llmcore.recipes.instructions import INSTRUCT

    whole = instructions_from_bytes(json.dumps(rows).encode(), "mine.json")
    return [row.question for row in split_instructions(whole, 0.1, 0.2, INSTRUCT.seed).train]


def test_rows_that_are_all_too_long_are_told_and_nothing_starts(base: str) -> None:
    rows = [{"instruction": f"so long {n} " * 20, "output": "never learned"} for n in range(20)]
    page = own_template(upload(json.dumps(rows).encode()), TEMPLATE)
    assert not page.exception and not page.error
    said = page.warning[0].value.replace("\\", "")
    assert "No training row has an answer within 16 tokens" in said
    assert "take a model with a longer context" in said
    assert button(page, "Start training").disabled
    assert {metric.label: metric.value for metric in page.metric}["Nothing to learn"] == "14"


def test_a_small_set_is_told_what_is_held_out_and_what_is_kept(base: str) -> None:
    rows = [*ROWS[:19], {"instruction": "so long " * 20, "output": "never learned"}]
    page = own_template(upload(json.dumps(rows).encode()), TEMPLATE)
    said = shown(page).replace("\\", "")
    assert "Held out and never learned: 'the cat" in said
    assert "learned to the end, and the last weights are kept" in said
    assert "do not fit" in said or "does not fit" in said


def test_columns_can_be_chosen(base: str) -> None:
    text = "id,ask,say,who\n" + "\n".join(f"{n},the cat {n},sees,a cat" for n in range(30))
    page = upload(text.encode(), "table.csv")
    boxes = {selectbox.label: selectbox for selectbox in page.selectbox}
    assert boxes["Instruction"].value is None and boxes["Answer"].value is None
    boxes["Instruction"].set_value("ask").run()
    {selectbox.label: selectbox for selectbox in page.selectbox}["Answer"].set_value("say").run()
    assert not page.error and not button(page, "Start training").disabled
    assert page.dataframe[0].value["Answer"].iloc[0] == "sees"
    assert "System" not in page.dataframe[0].value.columns
    {selectbox.label: selectbox for selectbox in page.selectbox}["System text"].set_value(
        "who"
    ).run()
    assert page.dataframe[0].value["System"].iloc[0] == "a cat"


def test_a_role_without_a_known_name_is_an_empty_box_and_start_waits(base: str) -> None:
    rows = [f"{n},Lampe {n},Auf Brett {n}." for n in range(30)]
    page = upload("\n".join(["Nr,Frage,Text", *rows]).encode(), "faq.csv")
    boxes = {selectbox.label: selectbox for selectbox in page.selectbox}
    assert boxes["Instruction"].value == "Frage" and boxes["Answer"].value is None
    assert not page.exception and not page.error and not page.dataframe
    assert "which one is the answer" in page.info[0].value
    assert "1 column holds text and is not read" in shown(page)
    assert button(page, "Start training").disabled
    boxes["Answer"].set_value("Text").run()
    assert not button(page, "Start training").disabled
    assert page.dataframe[0].value["Answer"].iloc[0].startswith("Auf Brett")


def test_preferences_are_learned_from_the_chosen_answers_and_it_is_said(base: str) -> None:
    rows = [{"prompt": f"the cat {n}", "chosen": "sees", "rejected": "hides"} for n in range(30)]
    page = upload(json.dumps(rows).encode())
    boxes = {selectbox.label: selectbox.value for selectbox in page.selectbox}
    assert (boxes["Instruction"], boxes["Answer"]) == ("prompt", "chosen")
    assert shown(page).count("the answers of chosen are learned, those of rejected are not") == 1
    assert "30 rows read, 30 taken" in shown(page)
    assert set(page.dataframe[0].value["Answer"]) == {"sees"}
    assert not button(page, "Start training").disabled


def test_chat_messages_need_no_columns(base: str) -> None:
    rows = [
        {"messages": [{"role": "user", "content": f"cat {n}"},
                      {"role": "assistant", "content": "sees"}]}
        for n in range(20)
    ]  # fmt: skip
    page = upload("\n".join(map(json.dumps, rows)).encode(), "chat.jsonl")
    assert not page.error and "Instruction" not in {selectbox.label for selectbox in page.selectbox}
    assert page.dataframe[0].value["Turns"].iloc[0] == 1


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"[{]", "not valid JSON"), (b"", "is empty"), (b'[{"a": 1}]', "one column only")],
)
def test_a_bad_file_is_one_sentence(base: str, data: bytes, says: str) -> None:
    assert says in only_error(upload(data)).replace("\\", "")


def test_a_template_that_cannot_ask_is_said_and_nothing_starts(base: str) -> None:
    page = own_template(upload(DATA), "Answer!")
    assert "must hold {instruction} exactly once" in only_error(page).replace("\\", "")
    assert button(page, "Start training").disabled


def test_one_click_trains_and_the_lora_choice_is_kept(base: str, wait_until) -> None:
    page = own_template(upload(DATA), TEMPLATE)
    page.selectbox(key="instruct_trainable").set_value("lora").run()
    page.number_input(key="instruct_rank").set_value(2).run()
    page.toggle(key="instruct_packing").set_value(True).run()
    page.number_input(key="instruct_epochs_mine.json").set_value(1).run()
    assert "parameters learn" in shown(page)
    button(page, "Start training").click().run()
    assert not page.exception and not page.error
    (info,) = [info for info in RunStore().list() if info.kind == "instruct"]
    wait_until(lambda: not RunStore().info(info.id).is_live, 60)
    kept = RunStore().open(info.id)
    assert kept.info().state == "done", kept.info().error
    assert kept.config.lora == LoraConfig(rank=2) and kept.config.data.packing
    assert kept.config.data.template == TEMPLATE
    counted = kept.events("parameters")[-1]
    settings = Settings(base, "lora", TEMPLATE, True, 1, LoraConfig(rank=2))
    assert learned(kept.config.model, settings) == (counted["trainable"], counted["total"])


def test_a_user_s_chat_messages_end_to_end(base: str, wait_until) -> None:
    """From the upload to scores, an answer and the code that gives it, as for an Alpaca file."""
    rows = [
        {"messages": [{"role": "user", "content": f"the cat {n}"},
                      {"role": "assistant", "content": "sees it"}]}
        for n in range(40)
    ]  # fmt: skip
    page = own_template(upload("\n".join(map(json.dumps, rows)).encode(), "chat.jsonl"), TEMPLATE)
    page.number_input(key="instruct_epochs_chat.jsonl").set_value(1).run()
    button(page, "Start training").click().run()
    assert not page.exception and not page.error
    (info,) = [info for info in RunStore().list() if info.kind == "instruct"]
    wait_until(lambda: not RunStore().info(info.id).is_live, 60)
    assert RunStore().info(info.id).state == "done", RunStore().info(info.id).error
    page = open_page("instructions", info.id)
    assert not page.exception and not page.error
    assert "looked up:" in shown(page) and "Expected: sees it" in shown(page)
    codes = "\n".join(code.value for code in page.code)
    assert f"assistant = load_assistant('{info.id}')" in codes
    assert f"python -m llmcore evaluate --model {info.id}" in codes
    button(page, "Answer").click().run()
    for exchange in page.session_state["lab_instruct_pairs"][info.id]:
        assert exchange.job is None or exchange.job.wait(30)
    assert not page.run().exception


def test_the_last_block_is_counted_as_training_counts_it(base: str) -> None:
    config = plan_instruct("mine.json", base, "last-block", TEMPLATE, table=DATA, epochs=1)
    store = RunStore()
    run_id = store.mint_id("block")
    launch.run_foreground(store.directory(run_id), config, DATA)
    counted = store.open(run_id).events("parameters")[-1]
    settings = Settings(base, "last-block", TEMPLATE, False, 1)
    assert learned(config.model, settings) == (counted["trainable"], counted["total"])


def test_everything_learns_where_everything_is_chosen() -> None:
    shape = ModelConfig(vocab_size=300, context_length=16, n_layers=2, n_heads=2, d_model=16)
    total = shape.n_parameters()
    assert learned(shape, Settings("x", "all", TEMPLATE, False, 1)) == (total, total)


def test_a_finished_run_shows_scores_answers_and_both_sides(tuned: str) -> None:
    page = open_page("instructions", tuned)
    assert not page.exception and not page.error
    metrics = {metric.label for metric in page.metric}
    assert {"All", "Tokens right", "Training rows"} <= metrics
    said = shown(page)
    assert "8 rows, 95%: between" in said and "29 rows, 95%: between" in said
    assert "Kept and tested: the weights of step 8." in said
    assert "Why it ended: all steps done." in said
    assert "looked up:" in shown(page) and "The worst answers first" in shown(page)
    assert "Expected: sees \\<b\\>it\\</b\\>" in shown(page)
    page.text_area(key=f"instruct_try_{tuned}").set_value("the cat 7")
    button(page, "Answer").click().run()
    for exchange in page.session_state["lab_instruct_pairs"][tuned]:
        assert exchange.job is None or exchange.job.wait(30)
    page.run()
    assert not page.exception and not page.error
    before, after = page.session_state["lab_instruct_pairs"][tuned]
    assert before.read == after.read == "the cat 7:" and before.model != after.model
    assert "**Before**" in shown(page) and "**After**" in shown(page)


def test_an_empty_prompt_is_said(tuned: str) -> None:
    page = open_page("instructions", tuned)
    page.text_area(key=f"instruct_try_{tuned}").set_value("  ")
    button(page, "Answer").click().run()
    assert not page.exception and len(page.error) == 2
    assert "The prompt is empty" in page.error[0].value


def test_answers_are_shown_where_they_changed() -> None:
    events = [
        {"step": step, "rows": [{"answer": answer}]}
        for step, answer in ((1, "a"), (2, "a"), (3, "b"), (4, "a"))
    ]
    assert changes(events, 0) == [(1, "a"), (3, "b"), (4, "a")]
    assert changes(events, 5) == []


def test_columns_without_an_input_stay_without(base: str) -> None:
    from llmcore.data import instructions_from_bytes
    from llmcore.data.instructions import Columns, instruction_report

    data = json.dumps([{"instruction": "a", "input": "b", "output": "c"}]).encode()
    assert instruction_report(data, "x.json").columns == ["instruction", "input", "output"]
    read = instructions_from_bytes(data, "x.json", Columns("instruction", "", "output"))
    assert read.rows[0].last.input == ""
    with pytest.raises(LabError):
        instruction_report(b"[{]", "x.json")
