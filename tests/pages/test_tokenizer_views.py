"""The views of the Tokenizer page that train, look into and use a vocabulary."""

import pytest
from page_driver import button, only_error, open_page, shown
from streamlit.testing.v1 import AppTest
from tiny import TEXT

from llmcore.paths import PROJECT_ROOT
from llmcore.tokenizers import Recipe, Training, jobs
from llmcore.tokenizers.store import find_saved, save_trained, saved_tokenizers
from ui.tokenizer import VIEWS

OWN = ("train", "compression", "vocabulary", "pairs", "embeddings")
JUNK = '</script><img src=x onerror=alert(1)> \u202e`**_\0" é漢😀'


def view(name: str, text: str | None = None) -> AppTest:
    page = AppTest.from_file(str(PROJECT_ROOT / "pages" / "tokenizer.py"), default_timeout=120)
    page.query_params["view"] = name
    if text is not None:
        page.session_state["lab_text"] = text
    return page.run()


def metrics(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def saved(name: str = "mine", size: int = 300) -> str:
    training = Training(Recipe(size))
    training.run([TEXT])
    return save_trained(training, name, "shakespeare", 0.1).slug


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("text", ["", JUNK], ids=["empty", "junk"])
def test_every_view_takes_any_text(name: str, text: str) -> None:
    page = view(name, text)
    assert not page.exception and not page.error
    assert VIEWS[name].needs_text == (name == "pairs")


# ---- train


def trained_in_the_page(page: AppTest) -> AppTest:
    button(page, "Train the tokenizer").click().run()
    assert not page.exception and not page.error
    for job in jobs.live_jobs().values():
        job.wait(60)
    return page.run()


def test_train_on_pasted_text_then_rename_and_delete() -> None:
    page = view("train")
    assert button(page, "Train the tokenizer").disabled is False
    page.segmented_control(key="tokenizer_text_kind").set_value("Paste").run()
    assert button(page, "Train the tokenizer").disabled
    page.text_area(key="tokenizer_pasted").set_value(TEXT).run()
    page.number_input(key="tokenizer_vocab_size").set_value(300).run()
    page.text_input(key="tokenizer_name").set_value("My own").run()
    page = trained_in_the_page(page)
    made = find_saved("my-own")
    assert (made.card.vocab_size, made.card.corpus) == (300, "pasted.txt")
    assert metrics(page)["Tokens"] == "300"
    assert metrics(page)["Bytes per token"] == f"{made.card.bytes_per_token:.2f}"
    merges = page.dataframe[0].value
    assert list(merges["Rank"][:2]) == [43, 42] and merges["Id"][0] == 298
    button(page, "Rename").click().run()
    page.text_input(key="rename_tokenizer_to").set_value("Another")
    [button for button in page.button if button.label == "Rename"][-1].click().run()
    assert [saved_tokenizer.slug for saved_tokenizer in saved_tokenizers()] == ["another"]
    button(page, "Delete").click().run()
    page.button(key="delete_tokenizer_now").click().run()
    assert saved_tokenizers() == [] and not page.exception


def test_train_characters() -> None:
    page = view("train")
    page.segmented_control(key="tokenizer_text_kind").set_value("Paste").run()
    page.text_area(key="tokenizer_pasted").set_value("naïve 漢字 " * 20).run()
    page.segmented_control(key="tokenizer_kind").set_value("characters").run()
    assert page.number_input(key="tokenizer_vocab_size").disabled
    trained_in_the_page(page)
    (made,) = saved_tokenizers()
    assert made.card.kind == "characters"
    assert [made.load().token_label(token_id) for token_id in made.load().encode("漢ï")] == [
        "漢",
        "ï",
    ]


@pytest.mark.parametrize(
    ("name", "words"), [("gpt2", "of the lab itself"), ("漢字", "no Latin letter")]
)
def test_a_name_that_cannot_be_is_one_sentence(name: str, words: str) -> None:
    page = view("train")
    page.text_input(key="tokenizer_name").set_value(name).run()
    button(page, "Train the tokenizer").click().run()
    assert words in only_error(page)
    assert saved_tokenizers() == [] and not jobs.live_jobs()


def test_a_saved_one_is_offered_wherever_a_tokenizer_is_chosen() -> None:
    from ui.tokenizer.encodings import choices

    slug = saved("Ünïque <b>")
    assert choices()[slug] == "Ünïque <b> (300 tokens)"
    page = open_page("pretrain")
    assert (
        slug in [option for option in page.selectbox(key="pretrain_tokenizer").options]
        or "Ünïque <b>: 300 tokens" in page.selectbox(key="pretrain_tokenizer").options
    )


def test_the_request_to_pretrain_with_it_is_taken_up_once() -> None:
    slug = saved()
    page = AppTest.from_file(str(PROJECT_ROOT / "pages" / "pretrain.py"), default_timeout=120)
    page.session_state["lab_pretrain_request"] = {"tokenizer": slug, "source": "conversations"}
    page.run()
    assert not page.exception and not page.error
    assert page.selectbox(key="pretrain_tokenizer").value == slug
    assert page.multiselect(key="pretrain_corpora").value == ["conversations"]
    assert "in tokens of **mine**" in shown(page)
    page.selectbox(key="pretrain_tokenizer").set_value("").run()
    assert page.selectbox(key="pretrain_tokenizer").value == ""


def test_a_deleted_choice_falls_back_to_the_default() -> None:
    page = AppTest.from_file(str(PROJECT_ROOT / "pages" / "pretrain.py"), default_timeout=120)
    page.session_state["pretrain_tokenizer"] = "gone"
    page.run()
    assert not page.exception and not page.error
    assert page.selectbox(key="pretrain_tokenizer").value == ""


# ---- pairs


def test_pairs_count_windows_and_questions() -> None:
    page = view("pairs", "a b c d e f g h")
    page.selectbox(key="pairs_tokenizer").set_value("gpt2").run()
    assert metrics(page) == {"Tokens": "8", "Windows": "4", "Questions": "16", "Overlap": "3"}
    page.slider(key="pairs_stride_4").set_value(4).run()
    assert metrics(page) == {"Tokens": "8", "Windows": "1", "Questions": "4", "Overlap": "0"}
    assert "End to end" in shown(page)
    page.slider(key="pairs_stride_4").set_value(6).run()
    assert "2 of every 6 tokens" in shown(page)
    page.select_slider(key="pairs_length").set_value(8).run()
    assert "8 tokens here but one window needs 9" in shown(page)


def test_pairs_at_random_are_those_of_training() -> None:
    page = view("pairs", "a b c d e f g h " * 40)
    page.radio(key="pairs_how").set_value("At random, as training draws them").run()
    assert not page.exception and not page.error and not page.metric
    assert "keyed by seed and step" in shown(page)


# ---- vocabulary


def vocabulary_rows(page: AppTest):
    return page.dataframe[0].value


def test_vocabulary_finds_sorts_and_never_used_tokens() -> None:
    page = view("vocabulary", "abba")
    page.selectbox(key="vocabulary_tokenizer").set_value("bytes").run()
    page.selectbox(key="vocabulary_corpus").set_value("your text").run()
    assert metrics(page)["Never used"] == "254 (99%)"
    assert list(vocabulary_rows(page)["Times used"][:3]) == [2, 2, 0]
    page.selectbox(key="vocabulary_which").set_value("unused").run()
    assert len(vocabulary_rows(page)) == 254
    page.selectbox(key="vocabulary_which").set_value("sort:special").run()
    assert list(vocabulary_rows(page)["Token"]) == ["<|endoftext|>"]


def test_vocabulary_search_and_a_bad_expression() -> None:
    page = view("vocabulary")
    page.selectbox(key="vocabulary_tokenizer").set_value("gpt2").run()
    page.selectbox(key="vocabulary_corpus").set_value("").run()
    page.text_input(key="vocabulary_query").set_value("(un").run()
    assert not page.error
    page.checkbox(key="vocabulary_regular").set_value(True).run()
    assert "no regular expression" in only_error(page)
    page.text_input(key="vocabulary_query").set_value("^ unbe.*able$").run()
    assert list(vocabulary_rows(page)["Token"]) == ["·unbelievable", "·unbearable"]
    page.selectbox(key="vocabulary_tokenizer").set_value("cl100k_base").run()
    assert not page.exception and not page.error


# ---- embeddings and compression


def test_embeddings_of_a_model_with_a_snapshot_and_of_words() -> None:
    page = view("embeddings")
    page.selectbox(key="embeddings_model").set_value("starter").run()
    assert not page.exception and not page.error
    assert "Before (step 1)" in shown(page)
    before, after = (table.value for table in page.dataframe[:2])
    assert len(before) == len(after) == 10
    assert list(before["Id"]) != list(after["Id"])
    labels = metrics(page)
    assert float(labels["Alike in a class, after"]) > float(labels["Alike in a class, before"])
    page.multiselect(key="embeddings_classes").set_value([]).run()
    assert "nothing to draw" in only_error(page)
    page.text_input(key="embeddings_words").set_value("xylophonist the and").run()
    assert "at least 3 tokens but there are 2" in only_error(page)
    page.text_input(key="embeddings_words").set_value("of the and").run()
    assert not page.error


def test_compression_compares_and_keeps_its_choice() -> None:
    slug = saved()
    page = view("compression")
    assert slug in page.session_state["compression_tokenizers"]
    table = page.dataframe[0].value
    assert "Hindi" in list(table["Text"]) and len(table.columns) == 7
    page.multiselect(key="compression_tokenizers").set_value(["bytes"]).run()
    assert len(page.dataframe[0].value.columns) == 4
    page.segmented_control(key="compression_texts").set_value("The same two sentences").run()
    assert not page.exception and not page.error
    assert "Greek" in list(page.dataframe[0].value["Text"])
    page.multiselect(key="compression_tokenizers").set_value([]).run()
    assert "at least one tokenizer" in shown(page)
