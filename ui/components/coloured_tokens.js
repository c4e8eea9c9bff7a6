// data: {prompt: parts, tokens: [[key, parts, colour, struck, forks]], cards: [[label, facts, rows]],
//  names: [..], legend: {title, entries: [[colour, text]], struck}, selected, live, branch, empty, hint}
// rows: [[id, label, logit, scaled or null, kept, probability, own]]; parts: see token_view.js.
// Triggers out: "select" {key} (null takes it back), "branch" {node, token}: a click on a row of a
// card asks for that token in place of the one that stands there.
import { element, received } from "./dom.js";
import { Lines } from "./tokens.js";

const SHOW_MS = 70;
const HIDE_MS = 220;

// Draws the tokens, keeping all that stands already: while a text grows, only its end is new.
function drawText(view, data) {
  const box = view.querySelector(".text");
  const prompt = JSON.stringify(data.prompt);
  const drawn = view.drawn;
  const same = drawn && drawn.prompt === prompt && drawn.tokens.length <= data.tokens.length
    && drawn.tokens.every((one, i) => one === JSON.stringify(data.tokens[i].slice(0, 2)));
  if (!same) {
    box.replaceChildren();
    view.drawn = { prompt, tokens: [], spans: [], writer: new Lines((line) => box.append(line), true) };
    view.drawn.writer.write(data.prompt, () => element("span", "prompt"));
  }
  const { tokens, spans, writer } = view.drawn;
  view.caret?.remove();
  for (let index = tokens.length; index < data.tokens.length; index += 1) {
    const [key, parts] = data.tokens[index];
    tokens.push(JSON.stringify([key, parts]));
    spans.push([]);
    writer.write(parts, () => {
      const span = element("span", { class: "token", "data-index": index, role: "button", tabindex: -1 });
      spans[index].push(span);
      return span;
    });
  }
  if (data.live) {
    view.caret = element("span", "caret");
    writer.line.append(view.caret);
    const low = box.scrollHeight - box.scrollTop - box.clientHeight < 90;
    if (low) box.scrollTop = box.scrollHeight;
  }
  box.classList.toggle("empty", !data.tokens.length && !data.live && !data.prompt.length);
  if (!data.tokens.length && !data.live && !data.prompt.length) {
    box.replaceChildren(element("div", "line", data.empty));
    view.drawn = null;
  }
}

function paint(view, data) {
  data.tokens.forEach(([key, , colour, struck, forks], index) => {
    const names = ["token", `k${colour}`];
    if (struck) names.push("out");
    if (key === data.selected) names.push("chosen");
    const told = data.cards[index];
    view.drawn.spans[index].forEach((span, place) => {
      const name = (forks && place === 0 ? [...names, "forks"] : names).join(" ");
      if (span.className !== name) span.className = name;
      if (told && place === 0) span.setAttribute("aria-label", `${told[0]}. ${told[1]}`);
    });
  });
  const all = view.drawn?.spans ?? [];
  if (all.length && !all.some((one) => one.some((span) => span.tabIndex === 0))) {
    all[0][0]?.setAttribute("tabindex", "0");
  }
}

function drawLegend(box, legend) {
  const wanted = JSON.stringify(legend);
  if (box.dataset.drawn === wanted) return;
  box.dataset.drawn = wanted;
  box.replaceChildren(element("span", "title", legend.title), ...legend.entries.map(
    ([colour, text]) => element("span", `swatch k${colour}`, text)));
  if (legend.struck) box.append(element("span", "out", legend.struck));
}

const percent = (p) => {
  if (p === 0) return "0";
  if (p < 0.001) return "<0.1%";
  return `${(100 * p).toFixed(p < 0.0995 ? 1 : 0)}%`;
};

function barOf(p) {
  const bar = element("span", "bar");
  const fill = element("i");
  fill.style.width = `${Math.max(0, Math.min(1, p)) * 100}%`;
  bar.append(fill);
  return bar;
}

function rowOf(row, data) {
  const [id, label, logit, scaled, kept, p, own] = row;
  const free = data.branch && !own;
  const line = element(free ? "button" : "div", "row");
  if (free) {
    line.dataset.token = id;
    line.title = "Branch here with this token";
  }
  line.classList.toggle("own", Boolean(own));
  line.classList.toggle("cut", !kept);
  line.append(element("span", "label", label), element("span", "number", logit.toFixed(2)));
  if (scaled === null) line.classList.add("short");
  else line.append(element("span", "number", kept ? scaled.toFixed(2) : "cut"));
  line.append(element("span", "number", percent(p)), barOf(p));
  return line;
}

function drawCard(card, data, index) {
  const [label, facts, rows] = data.cards[index];
  const names = element("div", "row names");
  if (data.names.length < 4) names.classList.add("short");
  data.names.forEach((name, place) => names.append(element("span", place ? "number" : "", name)));
  const table = element("div", "table");
  table.append(names, ...rows.map((row) => rowOf(row, data)));
  card.replaceChildren(element("div", "head", label), element("div", "facts", facts), table);
  if (data.hint) card.append(element("div", "hint", data.hint));
  card.dataset.index = index;
}

function placeCard(card, span) {
  const spot = span.getClientRects()[0] ?? span.getBoundingClientRect();
  const { width, height } = card.getBoundingClientRect();
  const left = Math.max(8, Math.min(spot.left, window.innerWidth - width - 12));
  const below = spot.bottom + 5;
  const above = spot.top - height - 5;
  const top = below + height > window.innerHeight - 6 && above > 6 ? above : below;
  card.style.left = `${left}px`;
  card.style.top = `${top}px`;
}

// One for each mounted view; the newest data is read at the time of an event.
class Card {
  constructor(view) {
    this.view = view;
    this.box = view.querySelector(".card");
    this.index = null;
  }

  get open() { return this.box.matches(":popover-open"); }

  show(index) {
    const span = this.view.drawn?.spans[index]?.[0];
    if (!span || !this.view.data.cards[index]) return;
    this.keep();
    this.mark(false);
    this.index = index;
    this.mark(true);
    drawCard(this.box, this.view.data, index);
    if (!this.open) this.box.showPopover();
    placeCard(this.box, span);
  }

  later(index) {
    clearTimeout(this.showing);
    this.showing = setTimeout(() => this.show(index), this.open ? 20 : SHOW_MS);
  }

  hide() {
    clearTimeout(this.showing);
    this.mark(false);
    this.index = null;
    if (this.open) this.box.hidePopover();
  }

  hideLater() {
    clearTimeout(this.showing);
    clearTimeout(this.hiding);
    this.hiding = setTimeout(() => this.hide(), HIDE_MS);
  }

  keep() { clearTimeout(this.hiding); }

  mark(on) {
    if (this.index === null) return;
    this.view.drawn?.spans[this.index]?.forEach((span) => span.classList.toggle("hover", on));
  }

  refresh() {
    if (!this.open) return;
    if (this.index === null || !this.view.data.cards[this.index]) { this.hide(); return; }
    if (this.box.contains(this.view.getRootNode().activeElement)) return; // being walked by keys
    drawCard(this.box, this.view.data, this.index);
    this.mark(true);
  }
}

const indexOf = (target) => {
  const hit = target.closest?.(".token[data-index]");
  return hit ? Number(hit.dataset.index) : null;
};

function focusToken(view, index) {
  const span = view.drawn?.spans[index]?.[0];
  if (!span) return;
  view.querySelectorAll(".token[tabindex='0']").forEach((one) => { one.tabIndex = -1; });
  span.tabIndex = 0;
  span.focus();
}

function onKey(view, event) {
  const { card, data } = view;
  if (event.key === "Escape" && card.open) {
    const back = card.index;
    card.hide();
    if (back !== null) { view.quiet = true; focusToken(view, back); view.quiet = false; }
    return;
  }
  const row = event.target.closest?.("button.row");
  if (row && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    const rows = [...card.box.querySelectorAll("button.row")];
    rows[(rows.indexOf(row) + (event.key === "ArrowDown" ? 1 : -1) + rows.length) % rows.length].focus();
    event.preventDefault();
    return;
  }
  const index = indexOf(event.target);
  if (index === null) return;
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (step) {
    focusToken(view, Math.max(0, Math.min(data.tokens.length - 1, index + step)));
  } else if (event.key === "Enter" || event.key === " ") {
    select(view, index, true);
    card.show(index);
    card.box.querySelector("button.row")?.focus();
  } else {
    return;
  }
  event.preventDefault();
}

// Listeners are set once; each draw only changes what they read (`view.data`, `view.tell`).
function listen(view) {
  const { card } = view;
  view.addEventListener("mouseover", (event) => {
    const index = indexOf(event.target);
    if (index !== null) { card.keep(); card.later(index); }
    else if (event.target.closest?.(".card")) card.keep();
    else card.hideLater();
  });
  view.addEventListener("mouseleave", () => card.hideLater());
  view.addEventListener("pointerdown", () => { view.pressed = true; }); // its click shows the card
  view.addEventListener("pointerup", () => { view.pressed = false; });
  view.addEventListener("focusin", (event) => {
    const index = indexOf(event.target);
    if (index !== null && !view.quiet && !view.pressed) card.show(index);
  });
  view.addEventListener("focusout", (event) => {
    if (!view.contains(event.relatedTarget)) card.hideLater();
  });
  view.addEventListener("click", (event) => {
    const row = event.target.closest?.("button.row");
    const index = indexOf(event.target);
    if (row) {
      const node = view.data.tokens[card.index]?.[0];
      card.hide();
      if (node !== undefined) view.tell("branch", { node, token: Number(row.dataset.token) });
    } else if (index !== null) {
      select(view, index, false);
      card.show(index);
    }
  });
  view.addEventListener("keydown", (event) => onKey(view, event));
  view.querySelector(".text").addEventListener("scroll", () => card.hide());
}

function select(view, index, keep) {
  const { data } = view;
  const key = data.tokens[index]?.[0] ?? null;
  const chosen = key === data.selected && !keep ? null : key;
  if (chosen === data.selected) return;
  data.selected = chosen;
  paint(view, data);
  view.tell("select", { key: chosen });
}

export default function ({ data: bytes, parentElement, setTriggerValue }) {
  const view = parentElement.querySelector(".view");
  view.data = received(bytes);
  view.tell = setTriggerValue;
  if (!view.card) {
    view.card = new Card(view);
    listen(view);
  }
  drawLegend(view.querySelector(".legend"), view.data.legend);
  drawText(view, view.data);
  if (view.drawn) paint(view, view.data);
  view.card.refresh();
}
