"""bertviz's head view and model view as one piece of HTML that needs no network.

bertviz returns HTML that loads require.js, jQuery and d3 from a public CDN, so it stays blank
offline. Here its own markup, script and parameters are kept, and three things around them change:

1. jQuery and d3 come from installed packages (their files only, no package is imported), handed
   over by a shim that replaces require.js.
2. The parameters, which hold the user's tokens, are written again with every `<` escaped, so that
   no token can end the <script> block.
3. All of it is in a frame with sandbox="allow-scripts" and a content security policy that
   allows our scripts by nonce and no request at all: `st.iframe` gives its HTML the origin of
   the app, which nothing made from a user's text should have.

`import bertviz` costs 0.1 s beyond torch (it does not import transformers for these two views),
so it is imported unchanged, on first use.
"""

import html
import importlib.util
import json
import re
import secrets
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from string import Template
from typing import Any, Literal

import numpy as np

from llmcore.errors import LabError
from llmcore.plots.labels import short_label, visible_label
from llmcore.plots.theme import SERIES

View = Literal["head", "model"]

# Line elements that a browser draws and moves without stutter; one for each query-key pair.
MAX_LINES = 60_000
MAX_TOKENS = {"head": 64, "model": 40}
# What the boxes that bertviz draws for a token hold, in Latin letters.
_LABEL_CELLS = {"head": 13, "model": 11}
# Width of bertviz's drawing in its own units, and how much larger than that it may be shown.
_DRAWING = {"head": (346, 1.3), "model": (720, 1.2)}

# The page's background, text, and quiet text (.streamlit/config.toml), and a surface between.
_STYLE = """
:root { --paper: #FCFDFD; --ink: #17242D; --quiet: #5E6F79; --lift: #E7EEF0; --lines: none;
  color-scheme: light; }
/* Lines as faint as bertviz draws those of many heads need more light on dark paper. */
:root.dark { --paper: #10181D; --ink: #E3EBEE; --quiet: #93A5AE; --lift: #26353D;
  --lines: brightness(1.7); color-scheme: dark; }
html, body { margin: 0; background: var(--paper); }
"""

_INNER = Template("""<!doctype html><html lang="en" class="$theme"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
script-src 'nonce-$nonce'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<style>$style
body { color: var(--ink); overflow-x: hidden;
  font: 15px "Helvetica Neue", Helvetica, Arial, sans-serif; }
select { font: inherit; font-size: 14px; color: var(--ink); background: var(--paper);
  border: 1px solid var(--quiet); border-radius: 6px; padding: 2px 6px; margin: 0 0 10px 4px; }
svg { display: block; width: 100%; max-width: ${max_width}px; height: auto; fill: var(--paper); }
/* bertviz says its colours as attributes, which a style overrides. */
svg text { fill: var(--ink); }
rect.background, rect.highlight { fill: var(--lift); }
rect.attn_background:is([fill="white"], [fill="black"]) { fill: var(--paper); }
rect.attn_background:is([fill="#F5F5F5"], [fill="#222"]) { fill: var(--lift); }
#attention { filter: var(--lines); }
</style></head><body>
$markup
<script nonce="$nonce">$jquery</script>
<script nonce="$nonce">$d3</script>
<script nonce="$nonce">
const ours = Object.create(d3, {schemeCategory10: {value: $series}});
const requirejs = (names, ready) => ready(jQuery, ours);
const require = {config: () => {}};
// The drawing keeps its own units and takes the width there is; the frame takes its height.
const vis = document.getElementById("vis");
function fit() {
  const svg = vis.querySelector("svg");
  if (svg && !svg.hasAttribute("viewBox")) {
    const own = svg.getAttribute("width");
    const width = own.endsWith("%") ? $width : parseFloat(own);
    svg.setAttribute("viewBox", `0 0 $${width} $${parseFloat(svg.getAttribute("height"))}`);
  }
}
new MutationObserver(fit).observe(vis, {childList: true});
new ResizeObserver(() => parent.postMessage({height: document.body.scrollHeight}, "*"))
  .observe(document.body);
</script>
<script nonce="$nonce">
$script
</script>
<script nonce="$nonce">
$linking
</script></body></html>""")

# The head that is chosen elsewhere is shown here, and one that is chosen here is reported. bertviz
# keeps its state to itself, so its own controls are pressed; only a person's events are reported.
_LINKING = Template("""
const series = $series;
const boxes = () => {
  const all = [...vis.querySelectorAll("svg > g")];
  return [...(all.find((one) => one.children.length === $n_heads
    && [...one.children].every((box) => box.getAttribute("width") === "20"))?.children ?? [])];
};
const active = () => boxes().flatMap((box, i) => (
  box.getAttribute("fill") === series[i % series.length] ? [i] : []));
const press = (element, what) => element?.dispatchEvent(new MouseEvent(what, {bubbles: true}));
const tell = (layer, head) => parent.postMessage({chose: [layer, head]}, "*");
const thumbnail = (layer, head) => document.getElementById(`attn_background_$${layer}_$${head}`);
const open = (box) => Number(box?.getAttribute("stroke-opacity")) > 0;
function choose(layer, head) {
  const select = document.getElementById("layer");
  if (!select) {
    const box = thumbnail(layer, head);
    if (box && !open(box)) press(box.parentNode.lastElementChild, "click");
    return;
  }
  if (Number(select.value) !== layer) jQuery(select).val(layer).change();
  const shown = active();
  if (shown.length !== 1 || shown[0] !== head) press(boxes()[head], "dblclick");
}
function pressed(event) {
  if (!event.isTrusted) return;
  const select = document.getElementById("layer");
  const box = event.target.parentNode?.querySelector?.(":scope > .attn_background");
  if (box && event.type === "click") {
    if (open(box)) tell(...box.id.split("_").slice(-2).map(Number));
  } else if (select && (event.target === select ? event.type === "change"
      : boxes().includes(event.target))) {
    const shown = active();
    if (shown.length === 1) tell(Number(select.value), shown[0]);
    else if (event.target === select) tell(Number(select.value), null);
  }
}
for (const what of ["click", "dblclick", "change"]) addEventListener(what, pressed);
addEventListener("message", ({source, data}) => {
  if (source !== parent) return;
  if (data.theme) document.documentElement.className = data.theme;
  if (data.choose) choose(...data.choose);
});
$first
parent.postMessage({ready: true}, "*");
""")

# `frame-src 'none'`: the sandboxed frame has its document in srcdoc and may never leave it.
_OUTER = Template("""<!doctype html><html class="$theme"><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="frame-src 'none'">
<style>$style iframe { display: block; width: 100%; border: 0; }</style>
<iframe id="view" title="$title" sandbox="allow-scripts" style="height: ${height}px"
  srcdoc="$inner"></iframe>
<script>
const view = document.getElementById("view");
// The page's other pictures of the same heads, in this tab alone: nobody else knows the name.
const channel = $channel && new BroadcastChannel($channel);
const whole = (number) => Number.isInteger(number) && number >= 0;
if (channel) channel.onmessage = ({data}) => view.contentWindow.postMessage(data, "*");
addEventListener("message", ({source, data}) => {
  if (source !== view.contentWindow || !data) return;
  const height = Number(data.height);
  if (height > 0) view.style.height = Math.min(Math.ceil(height), 6000) + "px";
  if (!channel) return;
  if (data.ready) channel.postMessage({ready: true});
  if (Array.isArray(data.chose) && whole(data.chose[0])
      && (data.chose[1] === null || whole(data.chose[1]))) channel.postMessage({chose: data.chose});
});
// A change of the app's theme runs no script of the page, so the frame looks for itself.
function follow() {
  const app = parent !== window && parent.document.querySelector("[data-testid=stApp]");
  if (!app) return;
  const channels = getComputedStyle(app).backgroundColor.match(/\\d+/g).slice(0, 3);
  const theme = channels.reduce((sum, one) => sum + Number(one), 0) < 384 ? "dark" : "light";
  if (theme === document.documentElement.className) return;
  document.documentElement.className = theme;
  view.contentWindow.postMessage({theme}, "*");
}
setInterval(follow, 1000);
</script>""")


def longest_view(view: View, n_layers: int, n_heads: int) -> int:
    """Tokens that a view can carry before a browser begins to stutter; at least 8.

    The head view draws one layer at a time, the model view all of them.

    >>> longest_view("model", n_layers=12, n_heads=12)
    20
    """
    layers = n_layers if view == "model" else 1
    return int(max(8, min(MAX_TOKENS[view], (MAX_LINES / (layers * n_heads)) ** 0.5)))


def view_html(
    view: View,
    weights: np.ndarray,
    labels: Sequence[str],
    *,
    dark: bool = False,
    chosen: tuple[int, int] | None = None,
    channel: str | None = None,
) -> str:
    """HTML of a view, complete in itself, for `st.iframe(..., height="content")` or a file.

    weights: (L, H, T, T), one row of probabilities for each query token.
    labels: T token texts; blanks and control characters are made visible here.
    chosen: layer and head that the view opens with; by default all heads of layer 0.
    channel: name of a BroadcastChannel on which the view hears {choose: [layer, head]} and tells
    {ready: true} and {chose: [layer, head or null]}.
    Raises LabError if the shapes do not fit together or the text is longer than
    `longest_view`.
    """
    n_layers, n_heads, n_tokens = _checked(view, weights, labels)
    shown = [short_label(visible_label(label), _LABEL_CELLS[view]) for label in labels]
    markup, script = _bertviz(view, weights, shown, dark)
    theme = "dark" if dark else "light"
    series = json.dumps([SERIES[i % len(SERIES)] for i in range(10)])
    width, zoom = _DRAWING[view]
    if view == "head":
        width = max(width, 20 * n_heads)
    inner = _INNER.substitute(
        nonce=secrets.token_urlsafe(16),
        style=_STYLE,
        theme=theme,
        markup=markup,
        script=script,
        series=series,
        linking=_LINKING.substitute(
            series=series,
            n_heads=n_heads,
            first=f"choose({int(chosen[0])}, {int(chosen[1])});" if chosen else "",
        ),
        width=width,
        max_width=round(width * zoom),
        jquery=_library("sphinxcontrib/jquery/jquery.js"),
        d3=_library("mpld3/js/d3.v5.min.js"),
    )
    return _OUTER.substitute(
        style=_STYLE,
        theme=theme,
        title=f"Attention, {view} view",
        height=_first_height(view, n_layers, n_heads, n_tokens),
        inner=html.escape(inner, quote=True),
        channel=_js(channel),
    )


def _checked(view: View, weights: np.ndarray, labels: Sequence[str]) -> tuple[int, int, int]:
    if weights.ndim != 4 or weights.shape[2] != weights.shape[3]:
        raise LabError(f"Attention of shape {weights.shape} is not (layers, heads, T, T).")
    n_layers, n_heads, n_tokens, _ = weights.shape
    if n_tokens != len(labels) or n_tokens == 0:
        raise LabError(f"Attention over {n_tokens} tokens needs as many labels, not {len(labels)}.")
    longest = longest_view(view, n_layers, n_heads)
    if n_tokens > longest:
        raise LabError(
            f"The {view} view of this model carries {longest} tokens and the text has {n_tokens}: "
            f"shorten it."
        )
    return n_layers, n_heads, n_tokens


def _bertviz(view: View, weights: np.ndarray, labels: list[str], dark: bool) -> tuple[str, str]:
    """bertviz's markup and its script, the latter safe inside a <script> element."""
    import torch
    from bertviz import head_view, model_view

    # Three decimals are more than a line's opacity shows, and a third of the bytes.
    rounded = np.nan_to_num(weights.astype(np.float64)).round(3)
    attention = [torch.from_numpy(weights)[None] for weights in rounded]  # L of (1, H, T, T)
    options: dict[str, Any] = {"prettify_tokens": False, "html_action": "return"}
    if view == "head":
        made = head_view(attention, labels, **options)
    else:
        made = model_view(attention, labels, display_mode="dark" if dark else "light", **options)
    return _without_cdn(made.data)


def _without_cdn(page: str) -> tuple[str, str]:
    """bertviz's page as (markup, script): no CDN, parameters escaped.

    The page is: the CDN's <script>, markup without any user text, one <script> whose line
    `const params = {…};` holds all user text as JSON (ASCII, hence no U+2028), and names it again
    in a comment on the same line, which is dropped.
    """
    head, opening, rest = page.partition('<script type="text/javascript">')
    body, closing, _ = rest.rpartition("</script>")
    before, assignment, after = body.partition("const params = ")
    if not (opening and closing and assignment):
        raise RuntimeError("this version of bertviz writes its page in another way: pin 1.4.1")
    params, end = json.JSONDecoder().raw_decode(after)
    after = after[end:].partition("\n")[2]
    if "total_heads" in params:
        n_tokens = len(params["attention"][0]["left_text"])
        params["total_heads"] = _columns(params["total_heads"], n_tokens)
    # The model view is 970 wide, too small to read in a column; where a later version says the
    # width in another way, it is merely shown smaller.
    after = re.sub(r"(DIV_WIDTH) = \d+", rf"\1 = {_DRAWING['model'][0]}", after, count=1)
    return re.sub(r"<script.*?</script>", "", head), f"{before}{assignment}{_js(params)};\n{after}"


def _js(value: Any) -> str:
    """JSON that may stand in a <script>: no `<`, `>` or `&`, and nothing beyond ASCII."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@lru_cache(maxsize=4)
def _library(path: str) -> str:
    """A JavaScript file out of an installed package, found without importing the package."""
    top, _, inside = path.partition("/")
    # A namespace package (sphinxcontrib) may lie in several folders.
    found = importlib.util.find_spec(top)
    folders = list(found.submodule_search_locations or ()) if found else []
    for folder in folders:
        file = Path(folder) / inside
        if file.is_file():
            # `</script` in a library's own strings would end the element as well.
            return file.read_text(encoding="utf-8").replace("</script", "<\\/script")
    raise LabError(
        f"The file {path} of the package that carries it is missing: install the packages of "
        f"requirements-data.txt again."
    )


def _columns(n_heads: int, n_tokens: int) -> int:
    """Columns of the model view. bertviz gives few heads thumbnails as wide as the page and as
    high in proportion; empty columns keep them small, with room for the head that is enlarged."""
    return max(n_heads, 6 if n_tokens <= 20 else 8)


def _first_height(view: View, n_layers: int, n_heads: int, n_tokens: int) -> int:
    """Height in CSS pixels before the view has measured itself; a little less than the real one,
    since Streamlit's frame grows with its content but does not shrink."""
    if view == "head":
        return round((22.5 * n_tokens + 30) * 1.2) + 30
    box = 7 * 12 / _columns(n_heads, n_tokens)
    thumbnails = n_layers * (n_tokens * box + 10) + 38
    return round(0.75 * max(thumbnails, 18 * n_tokens + 55))
