"""What users and models wrote reaches a page as it is: the source is read for a forgotten escape,
and Markdown's escapes are tried one by one; tests/browser/test_page_text.py looks at the page."""

import pytest

from ui.marked import code, plain


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
