"""bertviz's views offline: no request, no way out of the script, shapes checked."""

import html
import json
import re

import numpy as np
import pytest

from llmcore.errors import LabError
from llmcore.interpret.bertviz_html import longest_view, view_html

HOSTILE = "</script><script>parent.pwned = 1</script><!--\u2028"


def causal(n_layers: int, n_heads: int, n_tokens: int) -> np.ndarray:
    """Random attention (L, H, T, T) float32 as a decoder makes it: rows sum to 1, future 0."""
    rng = np.random.default_rng(0)
    weights = np.tril(rng.random((n_layers, n_heads, n_tokens, n_tokens)) + 0.01)
    return (weights / weights.sum(-1, keepdims=True)).astype(np.float32)


def inner(page: str) -> str:
    """The document of the sandboxed frame."""
    found = re.search(r'srcdoc="([^"]*)"', page)
    assert found is not None
    return html.unescape(found.group(1))


def params(page: str) -> dict:
    """The parameters that bertviz's script gets, read as a browser would."""
    document = inner(page)
    start = document.index("const params = ") + len("const params = ")
    return json.JSONDecoder().raw_decode(document, start)[0]


@pytest.mark.parametrize("view", ["head", "model"])
def test_view_asks_nothing_of_the_network(view: str) -> None:
    document = inner(view_html(view, causal(2, 3, 4), list("abcd")))
    assert not re.search(r"<(?:script|link|img|iframe)[^>]*\s(?:src|href)=", document)
    assert "default-src 'none'" in document
    # bertviz's own require.config still names the CDN; the shim ignores it.
    assert "const require = {config: () => {}}" in document


@pytest.mark.parametrize("view", ["head", "model"])
def test_a_hostile_token_cannot_leave_its_string(view: str) -> None:
    labels = ["a", HOSTILE, "<!--", "b"]
    page = view_html(view, causal(1, 2, 4), labels)
    document = inner(page)
    assert document.count("<script nonce=") == 5 == document.count("</script>")
    body = document.rpartition("<script")[2]
    assert "<!--" not in body and "\u2028" not in body and "PYTHON_PARAMS" not in body
    shown = params(page)["attention"][0]["left_text"]
    assert shown[1].startswith("</script") and shown[2] == "<!--"
    # The frame is one attribute of the outer page: no quote of the inner one ends it early.
    assert page.count("<iframe") == 1 and page.count("<script") == 1
    assert 'sandbox="allow-scripts"' in page and "allow-same-origin" not in page


def test_weights_arrive_in_order_and_rounded() -> None:
    weights = causal(2, 3, 4)
    made = params(view_html("head", weights, list("abcd"), chosen=(1, 2)))
    np.testing.assert_allclose(made["attention"][0]["attn"], weights, atol=5e-4)
    assert made["include_layers"] == [0, 1]


def test_blanks_can_be_seen_and_long_tokens_are_cut() -> None:
    page = view_html("model", causal(1, 1, 3), [" the", "\n", "x" * 50])
    assert params(page)["attention"][0]["right_text"] == ["·the", "↵", "x" * 10 + "…"]


def test_not_a_number_does_not_break_the_picture() -> None:
    weights = causal(1, 1, 2)
    weights[0, 0, 1] = np.nan
    attention = params(view_html("head", weights, ["a", "b"]))["attention"][0]["attn"]
    assert attention == [[[[1.0, 0.0], [0.0, 0.0]]]]


def test_dark_and_light_differ() -> None:
    light, dark = (inner(view_html("model", causal(1, 1, 2), ["a", "b"], dark=d)) for d in (0, 1))
    assert '<html lang="en" class="light">' in light and '"display_mode":"light"' in light
    assert '<html lang="en" class="dark">' in dark and '"display_mode":"dark"' in dark


@pytest.mark.parametrize(
    ("weights", "labels", "says"),
    [
        (causal(1, 1, 3), ["a"], "3 tokens needs as many labels, not 1"),
        (np.zeros((1, 3, 3)), list("abc"), "is not (layers, heads, T, T)"),
        (causal(1, 1, 70), ["a"] * 70, "carries 64 tokens and the text has 70"),
    ],
)
def test_what_does_not_fit_is_said(weights: np.ndarray, labels: list[str], says: str) -> None:
    with pytest.raises(LabError, match=re.escape(says)):
        view_html("head", weights, labels)


def test_longest_view_follows_the_number_of_lines() -> None:
    assert longest_view("head", 12, 12) == 64
    assert longest_view("model", 12, 12) == 20
    assert longest_view("model", 4, 4) == 40
    assert longest_view("model", 100, 100) == 8
