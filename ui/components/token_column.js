// One text in one encoding as a scrolling box of coloured tokens, of which only those near the
// visible part are in the DOM. Text meets the DOM as textContent only.
import { element } from "./dom.js";
import { Lines, breakingNodes, colourOf, hexOf, labelOf, partNode, partsOf } from "./tokens.js";

const NEWLINE = 10;
const SPACE = /[\t\n\r\p{Zs}]/u;
// A gap between tokens would break the joined letters of these scripts.
const JOINED = /[\u0590-\u0dff\ufb1d-\ufefc]/;
// Tokens come and go in blocks. A block ends with a line of the text where it can, else after
// MOST tokens.
const LEAST = 250;
const MOST = 1200;
const NEAR = "400px 0px";
// Pixels, about: what stands around the text of a token that has its id below it, and one row.
const CHIP_FRAME = 16;
const CHIP_HEIGHT = 50;

export class Column {
  // starts: only where tokens leave some of the text out; else each begins where the last ended.
  constructor(article, text, ids, ends, show, starts = null) {
    Object.assign(this, { article, text, ids, ends, show, starts, marks: {} });
    this.box = article.querySelector(".text");
    this.blocks = this.cut();
    this.near = new IntersectionObserver((entries) => entries.forEach((entry) => {
      const block = this.blocks[Number(entry.target.dataset.block)];
      if (entry.isIntersecting) this.fill(block); else this.clear(block);
    }), { root: this.box, rootMargin: NEAR });
  }

  start(index) { return this.starts ? this.starts[index] : index ? this.ends[index - 1] : 0; }
  // What stands before a token and belongs to none.
  gap(index) { return this.text.subarray(index ? this.ends[index - 1] : 0, this.start(index)); }
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
      const frames = show.ids ? (block.to - block.from) * CHIP_FRAME : 0;
      const rows = block.lines * 0.6 + (n_bytes * 9 + frames) / width;
      block.height = Math.max(1, Math.round(rows)) * (show.ids ? CHIP_HEIGHT : line);
      block.element = element("div", { class: "block", "data-block": number });
      block.element.style.height = `${block.height}px`;
    }
    box.classList.toggle("numbers", show.ids);
    box.classList.toggle("apart", !JOINED.test(new TextDecoder().decode(this.text)));
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
    block.element.replaceChildren(...(this.show.ids ? this.chips(block) : this.lines(block)));
    Object.entries(this.marks).forEach(([name, range]) => this.dress(block, name, range));
  }

  clear(block) {
    if (!block.filled) return;
    block.filled = false;
    block.element.style.height = `${block.element.offsetHeight}px`;
    block.element.replaceChildren();
  }

  span(index, again = false) {
    const look = { class: `token ${colourOf(index)}`, "data-i": index, role: "option" };
    return element("span", again ? look : { ...look, id: `t${this.article.dataset.column}-${index}` });
  }

  // Each token with its id below it. One that holds a line break stays whole and ends the line.
  chips(block) {
    const lines = [];
    const writer = new Lines((line) => lines.push(line));
    for (let index = block.from; index < block.to; index++) {
      if (!writer.line) writer.next();
      const bytes = this.bytes(index);
      const chip = this.span(index);
      if (this.starts) writer.line.append(element("span", "gap", labelOf(this.gap(index))));
      chip.append(element("span", "piece", ...this.piece(partsOf(bytes))), element("span", "number", this.ids[index]));
      chip.setAttribute("aria-label", `${labelOf(bytes)}, id ${this.ids[index]}`);
      writer.line.append(chip);
      if (bytes.includes(NEWLINE)) writer.line = null;
    }
    return lines;
  }

  // A token of spaces alone would be empty above its id: it gets their signs.
  piece(parts) {
    const empty = parts.every(([kind, , character]) => kind !== "x" && kind !== "t" && SPACE.test(character));
    return parts.flatMap(([kind, text, character]) =>
      this.part([kind === "n" ? "m" : kind, text, character], empty || this.show.whitespace));
  }

  lines(block) {
    const lines = [];
    const writer = new Lines((line) => lines.push(line));
    for (let index = block.from; index < block.to; index++) {
      if (this.starts) {
        writer.write(partsOf(this.gap(index)), () => element("span", "gap"),
          (part) => this.part(part, this.show.whitespace));
      }
      writer.write(partsOf(this.bytes(index)), (again) => this.span(index, again),
        (part) => this.part(part, this.show.whitespace));
    }
    return lines;
  }

  part(part, signs) {
    const [kind, , character] = part;
    if (kind === "x") return [element("wbr"), partNode(part)];
    if (kind === "t" || signs || !SPACE.test(character)) return breakingNodes(part);
    return [character === "\n" || character === "\r" ? element("span", "blank") : character];
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
