"""What users and models wrote reaches a page as it is: the source is read for a forgotten escape,
and Markdown's escapes are tried one by one; tests/browser/test_page_text.py looks at the page."""

from pathlib import Path

import pytest
from markdown_calls import Reading

from llmcore.paths import PROJECT_ROOT
from ui.marked import code, plain

DRAWING = sorted(
    path
    for folder in ("ui", "pages")
    for path in (PROJECT_ROOT / folder).rglob("*.py")
    if path.name != "marked.py"  # which makes Markdown of what is not
)
# Values that need no escape although their type is any text: numbers in words, and the lab's own
# words that stand as constants in llmcore or in a tour.
OWN_WORDS = {
    "percent", "in_words", "bytes_in_words", "time_in_words",
    "duration", "learned_share",
    "job.name", "job.title", "job.what", "step.title", "step.meaning", "step.in_words",
    "tour.title", "tour.about",
    "step.aid.label", "asked.text", "asked.right", "at.just_done",
    "self.what", "self.what(context)", "views[name].icon", "views[name].label",
    "(FOLDER / f'{kind}-card.md').read_text(encoding='utf-8')",
}  # fmt: skip


def test_all_that_is_drawn_as_markdown_is_ours_or_escaped() -> None:
    found = list(dict.fromkeys(Reading(DRAWING, OWN_WORDS).faults()))
    assert not found, "wrap these in plain(...) or code(...):\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("drawn", "forgotten"),
    [
        ('st.caption(f"**{info.name}**")', "info.name"),
        ("st.button(label)", "label"),
        ("st.radio('Run', names, format_func=lambda name: name)", "name"),
        ('words = "a"\n    words += info.name\n    st.info(words)', "words"),
        ('lines = []\n    lines.append(info.name)\n    st.markdown("".join(lines))', "lines"),
        ("for name in names:\n        st.text_input(name)", "name"),
        ('header("Runs", info.name)', "info.name"),
        ('st.caption(f"`--run {plain(info.name)}`")', "{plain(info.name)}"),
        ("st.metric('Class', info.name)", "info.name"),
        ("column.error(str(trouble))", "trouble"),
    ],
)
def test_a_forgotten_escape_is_found(tmp_path: Path, drawn: str, forgotten: str) -> None:
    assert [fault.split(": ")[-1] for fault in faults_of(tmp_path, drawn)] == [forgotten]


@pytest.mark.parametrize(
    "drawn",
    [
        'st.caption(f"**{plain(info.name)}**, step {info.step:,} of {len(names)}")',
        'st.info(TITLES[label] if label else "none")',
        'st.caption(", ".join(plain(name) for name in names))',
        'for first, second in (("a", "b"), ("c", "d")):\n        st.metric(first, second)',
        'header("Runs", HELP)',
        "st.code(info.name)",
        "st.text(info.name)",
        'st.selectbox("Run", names, format_func=lambda name: name)',  # a plain text in Streamlit
        'st.caption("Use " + code(f"--run {info.name}"))',
    ],
)
def test_own_words_and_escaped_ones_pass(tmp_path: Path, drawn: str) -> None:
    assert faults_of(tmp_path, drawn) == []


def faults_of(folder: Path, drawn: str) -> list[str]:
    path = folder / "page.py"
    path.write_text(
        f"def header(title: Markdown, intro: Markdown) -> None: ...\n\n"
        f"def page(info: RunInfo, label: str, names: list[str], trouble: Exception) -> None:\n"
        f"    {drawn}\n"
    )
    return list(dict.fromkeys(Reading([path], set()).faults()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("my run", "my run"),
        ("a_b *c* [d](e)", r"a\_b \*c\* \[d\]\(e\)"),
        ("https://x.org", r"https\::small[]//x\.org"),
        ("www.x.org", r"www:small[]\.x\.org"),
        ("a@x.org", r"a@:small[]x\.org"),
        (":smile: 12:30", r"\::small[]smile\: 12\:30"),
        (":material/home:", r"\::small[]material/home\:"),
        ("a -> b --flag", r"a \-:small[]\> b \-\-flag"),
        (" a\tb\n", "&#32;a&#9;b&#10;"),
        ("  ", "&#32;&#32;"),
        ("", ""),
    ],
)
def test_plain(text: str, expected: str) -> None:
    assert plain(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a *b* -> c", "`a *b* -> c`"),
        ("a`b", "``a`b``"),
        ("`", "`` ` ``"),
        (" a", "`  a `"),
        (":material/home:", plain(":material/home:")),  # replaced inside code as well
        ("  ", "&#32;&#32;"),
    ],
)
def test_code(text: str, expected: str) -> None:
    assert code(text) == expected
