"""Colours of the theme and of the components, by WCAG's formula: text 4.5, graphics 3."""

import itertools
import re
import tomllib

import pytest

from llmcore.paths import PROJECT_ROOT
from llmcore.plots import theme

CONFIG = tomllib.loads((PROJECT_ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
CAPTION = 0.6  # how much of the text's colour Streamlit gives to a caption
TEXT, GRAPHICS = 4.5, 3.0
Colour = tuple[float, float, float]


def rgb(written: str) -> Colour:
    return tuple(int(written[i : i + 2], 16) for i in (1, 3, 5))


def mixed(front: Colour, back: Colour, share: float) -> Colour:
    return tuple(a * share + b * (1 - share) for a, b in zip(front, back, strict=True))


def contrast(one: Colour, other: Colour) -> float:
    def light(colour: Colour) -> float:
        parts = [c / 255 for c in colour]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


def test_the_formula() -> None:
    assert contrast(rgb("#000000"), rgb("#FFFFFF")) == pytest.approx(21)
    assert contrast(rgb("#767676"), rgb("#FFFFFF")) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_of_the_theme(scheme: str) -> None:
    own = CONFIG[scheme]
    places = {
        "page": own["backgroundColor"],
        "sidebar": own["sidebar"]["backgroundColor"],
        "field": own["secondaryBackgroundColor"],
    }
    for place, back in places.items():
        text, back = rgb(own["textColor"]), rgb(back)
        assert contrast(text, back) >= TEXT, place
        assert contrast(mixed(text, back, CAPTION), back) >= TEXT, f"caption, {place}"
        assert contrast(rgb(own["linkColor"]), back) >= TEXT, f"link, {place}"
        assert contrast(rgb(own["primaryColor"]), back) >= GRAPHICS, f"slider, {place}"
    assert contrast(rgb("#FFFFFF"), rgb(own["primaryColor"])) >= TEXT, "main button"
    assert contrast(rgb(own["codeTextColor"]), rgb(own["codeBackgroundColor"])) >= TEXT


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_faint_text_of_components(scheme: str) -> None:
    """No part of a component that holds text is fainter than can be read; signs may be as faint as
    graphics. A part that is switched off, or no text at all, is listed."""
    text, back = (rgb(CONFIG[scheme][name]) for name in ("textColor", "backgroundColor"))
    bare = ("50%", ".edge", ":disabled", ".within", ".bar i", ".later, .edge")
    for path in sorted((PROJECT_ROOT / "ui" / "components").glob("*.css")):
        for rule in re.findall(r"[^{}]*\{[^{}]*\}", path.read_text("utf-8")):
            share = re.search(r"(?<![\w-])opacity: (0\.\d+)", rule)
            if share is None or any(name in rule for name in bare):
                continue
            asked = (
                GRAPHICS
                if re.search(r"\.(mark|act)\b|background: none; color: inherit", rule)
                else TEXT
            )
            shown = mixed(text, back, float(share[1]))
            assert contrast(shown, back) >= asked, f"{path.name}: {rule.strip()}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_series_and_numbers_of_figures(scheme: str) -> None:
    text, back = (rgb(CONFIG[scheme][name]) for name in ("textColor", "backgroundColor"))
    for colour in (*theme.SERIES, theme.GOOD, theme.BAD):
        assert contrast(rgb(colour), back) >= GRAPHICS, colour
    for share in (n / 50 for n in range(51)):
        number = rgb("#FFFFFF") if share >= theme.FULL_CELL else text
        assert contrast(number, cell(share, back)) >= 4.0, share


def cell(share: float, back: Colour) -> Colour:
    """The colour of a heatmap's cell as one sees it, between the stops of the scale."""
    stops = [
        (at, [float(n) for n in re.findall(r"[\d.]+", colour)]) for at, colour in theme.SEQUENTIAL
    ]
    for (low, a), (high, b) in itertools.pairwise(stops):
        if share <= high:
            part = (share - low) / (high - low)
            *colour, alpha = (x + (y - x) * part for x, y in zip(a, b, strict=True))
            return mixed(tuple(colour), back, alpha)
    raise AssertionError(share)
