// One text in several encodings. data: packed(header, text, ids and ends of each column), where
// header is {columns: [{label, n_tokens, n_distinct, characters_per_token, bytes_per_token}],
// show: {whitespace, ids, short}, chosen: {column, index} | null, picture, hint}; see
// ui/tokenizer/picture.py.
import { element, integers, unpack } from "./dom.js";
import { Column } from "./token_column.js";

function heads(view, columns) {
  const fewest = Math.min(...columns.map((one) => one.n_tokens));
  const most = Math.max(...columns.map((one) => one.n_tokens), 1);
  return columns.map((one, number) => {
    const article = view.querySelectorAll(".column")[number] ?? newArticle(number);
    const put = (name, text) => { article.querySelector(name).textContent = text; };
    const best = columns.length > 1 && one.n_tokens === fewest;
    put(".name", one.label);
    put(".count b", one.n_tokens.toLocaleString("en"));
    put(".count .unit", one.n_tokens === 1 ? "token" : "tokens");
    put(".count .than", columns.length < 2 ? "" : best ? "fewest"
      : `+${(100 * (one.n_tokens / fewest - 1)).toFixed(one.n_tokens < fewest * 1.1 ? 1 : 0)}%`);
    put(".rates .characters", `${one.characters_per_token.toFixed(2)} characters a token`);
    put(".rates .bytes", `${one.bytes_per_token.toFixed(2)} bytes a token`);
    const used = [one.n_distinct, one.vocab_size].map((count) => count.toLocaleString("en"));
    put(".rates .distinct", `${used.join(" of ")} used`);
    article.querySelector(".name").title = one.label;
    article.querySelector(".bar i").style.width = `${(100 * one.n_tokens) / most}%`;
    article.classList.toggle("best", best);
    article.querySelector(".text").setAttribute("aria-label", `Tokens in ${one.label}`);
    return article;
  });
}

function newArticle(number) {
  const spans = (...names) => names.map((name) => element("span", name));
  return element("article", { class: "column", "data-column": number },
    element("div", "name"),
    element("div", "count", element("b"), ...spans("unit", "than")),
    element("div", "bar", element("i")),
    element("div", "rates", ...spans("characters", "bytes", "distinct")),
    element("div", { class: "text", role: "listbox", tabindex: 0 }),
    element("div", { class: "detail", "aria-live": "polite" }));
}

function firstDifference(before, after) {
  const end = Math.min(before.length, after.length);
  for (let at = 0; at < end; at++) if (before[at] !== after[at]) return at;
  return before.length === after.length ? -1 : end;
}

function redraw(view, data) {
  const [text, ...arrays] = data.buffers;
  const changed = view.text ? firstDifference(view.text, text) : -1;
  view.columns?.forEach((column) => column.near.disconnect());
  const articles = heads(view, data.columns);
  const columns = view.querySelector(".columns");
  columns.replaceChildren(...articles);
  columns.className = `columns n${articles.length}`;
  columns.style.setProperty("--columns", articles.length);
  view.classList.toggle("short", data.show.short);
  view.columns = articles.map((article, number) => {
    const [ids, ends] = [integers(arrays[2 * number]), integers(arrays[2 * number + 1])];
    const starts = data.gaps ? integers(arrays[2 * articles.length + number]) : null;
    return new Column(article, text, ids, ends, data.show, starts);
  });
  view.columns.forEach((column) => column.draw());
  // The picture follows the typing: what has just changed comes into sight.
  if (changed >= 0) view.columns.forEach((column) => column.reveal(column.at(Math.max(0, changed - 1))));
  Object.assign(view, { text, picture: data.picture, over: null, active: null });
}

// The stretch of a spot's token in every column, or null without a spot.
function stretches(view, spot) {
  if (!spot) return view.columns.map(() => null);
  const here = view.columns[spot.column];
  const [start, end] = [here.start(spot.index), here.ends[spot.index]];
  return view.columns.map((column) => {
    const last = column.ends.at(-1) ?? 0;
    return start >= last ? null : [column.at(start), column.at(Math.min(end, last) - 1) + 1];
  });
}

function show(view) {
  const over = stretches(view, view.over);
  const chosen = stretches(view, view.chosen);
  view.columns.forEach((column, number) => {
    const own = (spot, ranges) => (spot?.column === number ? ranges[number] : null);
    const other = (spot, ranges) => (spot && spot.column !== number ? ranges[number] : null);
    column.mark("hover", own(view.over, over));
    column.mark("linked", other(view.over, over));
    column.mark("chosen", own(view.chosen, chosen));
    column.mark("partner", other(view.chosen, chosen));
    const range = view.over ? over[number] : chosen[number];
    column.article.querySelector(".detail").textContent = range ? column.detail(range) : "";
  });
}

function pick(view, spot) {
  const same = spot.column === view.chosen?.column && spot.index === view.chosen?.index;
  view.chosen = same ? null : spot;
  show(view);
  const column = view.columns[spot.column];
  view.send("token", same ? null : { ...spot, id: column.ids[spot.index] });
}

// Left and right by token, up and down by line, from the token that was pointed at last.
function moved(column, index, key) {
  const last = column.ids.length - 1;
  const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
  if (step) return Math.min(last, Math.max(0, index + step));
  if (key === "Home" || key === "End") return key === "Home" ? 0 : last;
  const way = key === "ArrowDown" ? 1 : -1;
  const from = column.find(index);
  for (let at = index + way; at >= 0 && at <= last; at += way) {
    const span = column.find(at);
    const further = way * (span.offsetTop - from.offsetTop) > 4;
    if (further && way * (span.offsetLeft - from.offsetLeft) >= -4) return at;
    if (way * (span.offsetTop - from.offsetTop) > 2.5 * from.offsetHeight) return at - way;
  }
  return way > 0 ? last : 0;
}

function press(view, event) {
  const box = event.target.closest(".text");
  if (!box || event.ctrlKey || event.metaKey || event.altKey) return;
  const number = Number(box.closest(".column").dataset.column);
  const column = view.columns[number];
  if (!column.ids.length) return;
  const index = view.over?.column === number ? view.over.index : column.firstSeen();
  if (event.key === "Enter" || event.key === " ") {
    pick(view, { column: number, index });
  } else if (/^(Arrow|Home$|End$)/.test(event.key)) {
    point(view, { column: number, index: view.over?.column === number ? moved(column, index, event.key) : index });
    column.reveal(view.over.index);
    box.setAttribute("aria-activedescendant", `t${number}-${view.over.index}`);
    follow(view, number);
  } else {
    return;
  }
  event.preventDefault();
}

function point(view, spot) {
  view.over = spot;
  show(view);
}

// The other boxes scroll to the text that the first line of this one shows.
function follow(view, number) {
  const leader = view.columns[number];
  const index = leader.firstSeen();
  const distance = leader.find(index).offsetTop - leader.box.scrollTop;
  view.columns.forEach((column, other) => {
    if (other === number || !column.ids.length) return;
    column.box.scrollTop = column.find(column.at(leader.start(index))).offsetTop - distance;
  });
}

function listen(view) {
  const spotOf = (event) => {
    const token = event.target.closest?.("[data-i]");
    return token && { column: Number(token.closest(".column").dataset.column), index: Number(token.dataset.i) };
  };
  const leads = (event) => {
    const article = event.target.closest?.(".column");
    view.leader = article ? Number(article.dataset.column) : null;
  };
  view.addEventListener("mouseover", (event) => point(view, spotOf(event)));
  view.addEventListener("mouseleave", () => point(view, null));
  view.addEventListener("click", (event) => {
    const spot = spotOf(event);
    if (spot) pick(view, spot);
  });
  view.addEventListener("keydown", (event) => press(view, event));
  view.addEventListener("focusin", (event) => {
    const box = event.target.closest(".text:focus-visible");
    if (!box) return;
    const number = Number(box.closest(".column").dataset.column);
    if (view.columns[number].ids.length) point(view, { column: number, index: view.columns[number].firstSeen() });
  });
  view.addEventListener("focusout", () => point(view, null));
  for (const event of ["pointerover", "wheel", "focusin"]) {
    view.addEventListener(event, leads, { passive: true });
  }
  let waiting = false;
  view.addEventListener("scroll", (event) => {
    const number = Number(event.target.closest(".column")?.dataset.column);
    if (waiting || number !== view.leader || view.columns.length < 2) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; follow(view, number); });
  }, true);
}

export default function (component) {
  const { parentElement, setStateValue } = component;
  const data = unpack(component.data);
  const view = parentElement.querySelector(".view");
  view.send = setStateValue;
  if (!view.columns) listen(view);
  if (view.picture !== data.picture) redraw(view, data);
  view.querySelector(".hint").textContent = data.hint;
  view.chosen = data.chosen;
  show(view);
}
