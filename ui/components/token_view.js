// One text in several encodings. data: packed(header, text, ids and ends of each column), where
// header is {columns: [{label, n_tokens, n_distinct, characters_per_token, bytes_per_token}],
// show: {whitespace, ids, short}, chosen: {column, index} | null, picture, hint}; see
// ui/tokenizer_lab/picture.py. token_text.js stands before this. Text meets the DOM as textContent
// only.
const COLOURS = 5;
const NEWLINE = 10;
// Only blocks of tokens near the visible part of a box are in the DOM. A block ends with a line
// of the text where it can, else after MOST tokens.
const LEAST = 250;
const MOST = 1200;
const NEAR = "400px 0px";

// ---- one column

class Column {
  constructor(article, text, ids, ends, show) {
    Object.assign(this, { article, text, ids, ends, show, marks: {} });
    this.box = article.querySelector(".text");
    this.blocks = this.cut();
    this.near = new IntersectionObserver((entries) => entries.forEach((entry) => {
      const block = this.blocks[Number(entry.target.dataset.block)];
      if (entry.isIntersecting) this.fill(block); else this.clear(block);
    }), { root: this.box, rootMargin: NEAR });
  }

  start(index) { return index ? this.ends[index - 1] : 0; }
  bytes(index) { return this.text.subarray(this.start(index), this.ends[index]); }

  // The token that holds a byte: the first that ends after it.
  at(byte) {
    let low = 0, high = this.ends.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ends[middle] > byte) high = middle; else low = middle + 1;
    }
    return low;
  }

  cut() {
    const blocks = [];
    let from = 0, lines = 0;
    const last = this.ends.length - 1;
    for (let index = 0; index <= last; index++) {
      const atLineEnd = this.text[this.ends[index] - 1] === NEWLINE;
      const size = index + 1 - from;
      lines += atLineEnd;
      if (index === last || size >= MOST || (size >= LEAST && atLineEnd)) {
        blocks.push({ from, to: index + 1, lines });
        from = index + 1;
        lines = 0;
      }
    }
    return blocks;
  }

  // Puts empty blocks of about the right height into the box, then fills those that are seen.
  draw() {
    const { box, show } = this;
    const top = box.scrollTop;
    const line = parseFloat(getComputedStyle(box).lineHeight) || 30;
    const width = Math.max(80, box.clientWidth - 24);
    for (const [number, block] of this.blocks.entries()) {
      const n_bytes = this.ends[block.to - 1] - this.start(block.from);
      const rows = show.ids ? ((block.to - block.from) * 50) / width
        : block.lines * 0.6 + (n_bytes * 9) / width;
      block.height = Math.max(1, Math.round(rows)) * line;
      block.element = document.createElement("div");
      block.element.className = "block";
      block.element.dataset.block = number;
      block.element.style.height = `${block.height}px`;
    }
    box.classList.toggle("numbers", show.ids);
    // A gap between tokens would break the joined letters of these scripts.
    const joined = /[\u0590-\u0dff\ufb1d-\ufefc]/.test(loose.decode(this.text));
    box.classList.toggle("apart", !joined);
    box.replaceChildren(...this.blocks.map((block) => block.element));
    let y = 0;
    for (const block of this.blocks) {
      if (y > top + box.clientHeight && y > 0) break;
      const end = y + block.height;
      if (end >= top) this.fill(block);
      y = end;
    }
    box.scrollTop = top;
    this.blocks.forEach((block) => this.near.observe(block.element));
  }

  fill(block) {
    if (block.filled) return;
    block.filled = true;
    block.element.style.height = "";
    block.element.replaceChildren(...(this.show.ids ? this.numbers(block) : this.lines(block)));
    Object.entries(this.marks).forEach(([name, range]) => this.dress(block, name, range));
  }

  clear(block) {
    if (!block.filled) return;
    block.filled = false;
    block.element.style.height = `${block.element.offsetHeight}px`;
    block.element.replaceChildren();
  }

  span(index, first) {
    const span = document.createElement("span");
    span.className = `token c${index % COLOURS}`;
    span.dataset.i = index;
    span.setAttribute("role", "option");
    if (first) span.id = `t${this.article.dataset.column}-${index}`;
    return span;
  }

  numbers(block) {
    const chips = [];
    for (let index = block.from; index < block.to; index++) {
      const chip = this.span(index, true);
      chip.textContent = this.ids[index];
      chips.push(chip);
    }
    return chips;
  }

  // A token that holds a line break continues on the next line as a second span of its index.
  lines(block) {
    const lines = [];
    let line = null;
    for (let index = block.from; index < block.to; index++) {
      let span = this.span(index, true);
      for (const [kind, text, character] of partsOf(this.bytes(index))) {
        if (!line) {
          line = document.createElement("div");
          line.className = "line";
          line.dir = "auto";
          lines.push(line);
          if (span.parentNode) span = this.span(index, false);
        }
        if (!span.parentNode) line.append(span);
        span.append(...this.part(kind, text, character));
        if (kind === "n") line = null;
      }
    }
    return lines;
  }

  part(kind, text, character) {
    if (kind === "t") return [text];
    const span = document.createElement("span");
    if (kind !== "x" && !this.show.whitespace && SPACE.test(character)) {
      if (character !== "\n" && character !== "\r") return [character];
      span.className = "blank";
      return [span];
    }
    span.className = kind === "x" ? "byte" : "mark";
    span.textContent = text;
    return [document.createElement("wbr"), span];
  }

  // ---- marks: a name (a CSS class) on a range of tokens, drawn or not

  dress(block, name, range) {
    if (!range) return;
    for (const span of block.element.querySelectorAll("[data-i]")) {
      const index = Number(span.dataset.i);
      if (index >= range[0] && index < range[1]) span.classList.add(name);
    }
  }

  mark(name, range) {
    this.marks[name] = range;
    this.box.querySelectorAll(`.${name}`).forEach((span) => span.classList.remove(name));
    if (!range) return;
    for (const block of this.blocks) {
      if (block.filled && block.from < range[1] && block.to > range[0]) this.dress(block, name, range);
    }
  }

  // ---- where a token stands in the box

  find(index) {
    const block = this.blocks.find((one) => index < one.to);
    this.fill(block);
    return block.element.querySelector(`[data-i="${index}"]`);
  }

  firstSeen() {
    const top = this.box.scrollTop;
    const block = this.blocks.find(({ element }) => element.offsetTop + element.offsetHeight > top);
    this.fill(block);
    const spans = [...block.element.querySelectorAll("[data-i]")];
    return Number(spans.find((span) => span.offsetTop + span.offsetHeight > top)?.dataset.i ?? block.from);
  }

  reveal(index) {
    const { box } = this;
    const span = this.find(index);
    const top = span.offsetTop - box.scrollTop;
    if (top < 0 || top + span.offsetHeight > box.clientHeight) {
      box.scrollTop = span.offsetTop - box.clientHeight / 3;
    }
  }

  detail(range) {
    const [from, to] = range;
    const bytes = this.text.subarray(this.start(from), this.ends[to - 1]);
    const place = (index) => (index + 1).toLocaleString("en");
    const label = labelOf(bytes.subarray(0, 60));
    if (to - from === 1) {
      return `token ${place(from)} · id ${this.ids[from]} · bytes ${hexOf(bytes.subarray(0, 24))} · ${label}`;
    }
    const ids = [...this.ids.subarray(from, Math.min(to, from + 8))].join(", ");
    return `${to - from} tokens from ${place(from)} · ids ${ids}${to - from > 8 ? ", …" : ""} · ${label}`;
  }
}

// ---- all columns together

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
  const article = document.createElement("article");
  article.className = "column";
  article.dataset.column = number;
  article.innerHTML = `<div class="name"></div>
    <div class="count"><b></b><span class="unit"></span><span class="than"></span></div>
    <div class="bar"><i></i></div>
    <div class="rates"><span class="characters"></span><span class="bytes"></span><span class="distinct"></span></div>
    <div class="text" role="listbox" tabindex="0"></div>
    <div class="detail" aria-live="polite"></div>`;
  return article;
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
    const [ids, ends] = [words(arrays[2 * number]), words(arrays[2 * number + 1])];
    return new Column(article, text, ids, ends, data.show);
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
