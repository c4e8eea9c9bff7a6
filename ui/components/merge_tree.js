// How a word became its tokens. data: {word, pieces: [{bytes: hex, steps: [{at, rank, candidates:
// [[index, rank]]}], ids, whole}]}; `at` and `index` are the left part of a pair among the parts
// of that moment. With {tell: true} it tells `played`, once, when every moment of a piece was seen.
// Text meets the DOM as textContent only.
import { drawn, element } from "./dom.js";
import { hexOf, labelOf } from "./tokens.js";

const LEAF = 40; // pixels of a byte
const HIGH = 34;
const ROW = 60;
const GAP = 5;
const BEAT = 900; // milliseconds of a step
const PLAY = "M8 5v14l11-7z";
const PAUSE = "M7 5h4v14H7zM13 5h4v14h-4z";

const number = (value) => value.toLocaleString("en");

function bytesOf(hex) {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

// The tree of a piece: nodes from bytes `from` to `to`, made at `step` (0: the byte itself), and
// for each moment the nodes that are the parts then.
function grow(piece) {
  const bytes = bytesOf(piece.bytes);
  let parts = [...bytes].map((_, at) => ({ from: at, to: at + 1, step: 0, depth: 0 }));
  const nodes = [...parts];
  const moments = [parts];
  piece.steps.forEach(({ at, rank }, index) => {
    const [left, right] = [parts[at], parts[at + 1]];
    const node = {
      from: left.from, to: right.to, step: index + 1, rank, left, right,
      depth: 1 + Math.max(left.depth, right.depth),
    };
    left.parent = right.parent = node;
    parts = [...parts.slice(0, at), node, ...parts.slice(at + 2)];
    nodes.push(node);
    moments.push(parts);
  });
  nodes.forEach((node) => { node.label = labelOf(bytes.subarray(node.from, node.to)); });
  return { bytes, nodes, moments, last: piece.steps.length };
}

class Player {
  constructor(view) {
    this.view = view;
    this.timer = null;
    this.query = (name) => view.querySelector(name);
    this.query(".player").addEventListener("click", (event) => {
      const request = event.target.closest("button")?.dataset.do;
      if (request) this.act(request);
    });
    this.query("input").addEventListener("input", (event) => this.go(Number(event.target.value)));
  }

  act(request) {
    if (request === "play") { if (this.timer) this.stop(); else this.play(); return; }
    this.go({ first: 0, back: this.step - 1, next: this.step + 1 }[request]);
  }

  play() {
    if (this.step >= this.tree.last) this.show(0);
    this.timer = setInterval(() => {
      if (!this.view.isConnected || this.step >= this.tree.last) this.stop();
      else this.show(this.step + 1);
    }, BEAT);
    this.button();
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.button();
  }

  go(step) {
    this.stop();
    this.show(Math.max(0, Math.min(this.tree.last, step)));
  }

  button() {
    const button = this.query("[data-do=play]");
    button.querySelector("path").setAttribute("d", this.timer ? PAUSE : PLAY);
    button.querySelector("span").textContent = this.timer ? "Pause" : "Play";
  }

  // ---- a new word, a chosen piece

  take(pieces) {
    this.pieces = pieces;
    const lengths = pieces.map((piece) => piece.bytes.length);
    const longest = lengths.indexOf(Math.max(...lengths));
    const chips = pieces.map((piece, index) => {
      const chip = element("button", "piece", labelOf(bytesOf(piece.bytes)));
      chip.addEventListener("click", () => this.choose(index));
      return chip;
    });
    this.query(".pieces").replaceChildren(...chips);
    this.query(".lead").textContent = pieces.length === 1
      ? "The pre-tokenization pattern leaves the word in one piece:"
      : `The pre-tokenization pattern first cuts it into ${pieces.length} pieces, and no merge crosses a cut. Choose one:`;
    this.choose(longest);
  }

  choose(index) {
    this.stop();
    this.piece = this.pieces[index];
    this.query(".pieces").querySelectorAll("button").forEach((chip, at) => {
      chip.setAttribute("aria-pressed", at === index);
    });
    this.tree = grow(this.piece);
    this.seen = new Set();
    this.query("input").max = this.tree.last;
    this.draw();
    this.list();
    this.show(this.tree.last);
  }

  draw() {
    const { nodes, bytes } = this.tree;
    const deepest = Math.max(...nodes.map((node) => node.depth));
    const [width, height] = [bytes.length * LEAF, deepest * ROW + HIGH + 4];
    const tree = this.query(".tree");
    const words = this.piece.ids.length === 1 ? "one token" : `${this.piece.ids.length} tokens`;
    tree.replaceChildren();
    Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` })
      .forEach(([name, value]) => tree.setAttribute(name, value));
    tree.setAttribute("aria-label", `Tree of ${this.tree.last} merges from ${bytes.length} bytes to ${words}`);
    const middle = (node) => ((node.from + node.to) * LEAF) / 2;
    for (const node of nodes.filter((one) => one.parent)) {
      const [x, y] = [middle(node), node.depth * ROW + HIGH + 2];
      const [endX, endY] = [middle(node.parent), node.parent.depth * ROW + 2];
      // Straight down until the last gap: nothing else stands below a node before its parent.
      const [turn, bend] = [endY - ROW + HIGH, endY - (ROW - HIGH) / 2];
      const path = `M${x} ${y}V${turn}C${x} ${bend} ${endX} ${bend} ${endX} ${endY}`;
      node.edge = drawn("path", { d: path, class: "edge" });
      tree.append(node.edge);
    }
    for (const node of nodes) tree.append(this.box(node, middle(node)));
  }

  box(node, x) {
    const y = node.depth * ROW + 2;
    const wide = (node.to - node.from) * LEAF - GAP;
    node.group = drawn("g", "node");
    node.group.append(
      drawn("rect", { x: x - wide / 2, y, width: wide, height: HIGH, rx: 6 }),
      drawn("text", { x, y: node.step ? y + 15 : y + 22, class: "label" }, node.label),
    );
    if (node.step) node.group.append(drawn("text", { x, y: y + 28, class: "rank" }, number(node.rank)));
    const title = drawn("title", "", node.step
      ? `merge ${node.step}: ${node.left.label} + ${node.right.label}, rank ${number(node.rank)}`
      : `byte ${hexOf(this.tree.bytes.subarray(node.from, node.to))}`);
    node.group.append(title);
    node.group.addEventListener("click", () => this.go(node.step));
    return node.group;
  }

  list() {
    const made = this.tree.nodes.filter((node) => node.step);
    this.query(".merges").hidden = !made.length;
    this.query(".merges ol").replaceChildren(...made.map((node) => {
      node.item = element("button", "", `${node.step}. `,
        element("b", "", `${node.left.label} + ${node.right.label}`), " ",
        element("small", "", number(node.rank)));
      node.item.addEventListener("click", () => this.go(node.step));
      return element("li", "", node.item);
    }));
  }

  // ---- one moment

  show(step) {
    this.step = step;
    this.seen.add(step);
    this.told();
    const { nodes, moments, last } = this.tree;
    const parts = moments[step];
    const next = this.piece.steps[step];
    const pair = next ? [parts[next.at], parts[next.at + 1]] : [];
    for (const node of nodes) {
      const made = node.step === step && step > 0;
      const classes = { later: node.step > step, leaf: !node.step, made, pair: pair.includes(node),
        token: step === last && !node.parent };
      node.group.setAttribute("class", ["node", ...Object.keys(classes).filter((one) => classes[one])].join(" "));
      if (node.edge) {
        const fresh = node.parent.step === step && step > 0;
        node.edge.setAttribute("class", `edge${node.parent.step > step ? " later" : ""}${fresh ? " made" : ""}`);
      }
      if (node.item) node.item.className = made ? "on" : node.step > step ? "later" : "";
    }
    this.bring(nodes.find((node) => node.step === step && step > 0));
    this.query("input").value = step;
    this.query(".step").textContent = `merge ${step} of ${last}`;
    this.parts(parts, pair, step);
    this.say(parts, pair, next);
    this.rivals(parts, next);
  }

  // While a guided tour waits for it: whether all was seen. Else nothing goes to the server.
  told() {
    if (!this.tell || !this.tree?.last || this.step < this.tree.last) return;
    if (this.seen.size <= this.tree.last) return;
    this.tell(true);
    this.tell = null;
  }

  // A wide tree scrolls along with the merges.
  bring(node) {
    if (!node) return;
    const box = this.query(".scroll");
    const [left, right] = [node.from * LEAF, node.to * LEAF];
    const seen = left >= box.scrollLeft && right <= box.scrollLeft + box.clientWidth;
    if (!seen) box.scrollLeft = (left + right - box.clientWidth) / 2;
  }

  parts(parts, pair, step) {
    this.query(".parts").replaceChildren(...parts.map((node) => {
      const made = node.step === step && step > 0;
      return element("span", `part${made ? " made" : ""}${pair.includes(node) ? " next" : ""}`, node.label);
    }));
  }

  say(parts, pair, next) {
    const line = this.query(".say");
    const bold = (text) => element("b", "", text);
    if (next) {
      line.replaceChildren("Next: ", bold(`${pair[0].label} + ${pair[1].label}`),
        `, since rank ${number(next.rank)} is the lowest of the pairs that the vocabulary knows.`);
      return;
    }
    const { ids, whole } = this.piece;
    const shown = ids.map(number).join(", ");
    if (whole) {
      line.replaceChildren(`No merge leads further, but the whole piece is in the vocabulary and is taken as it is: id ${shown}.`);
    } else {
      const words = ids.length === 1 ? `This is the token, with the id ${shown}.` : `These are the ${ids.length} tokens, with the ids ${shown}.`;
      line.replaceChildren(ids.length === 1 ? words : `No pair is in the vocabulary any more. ${words}`);
    }
  }

  rivals(parts, next) {
    const pairs = parts.length - 1;
    const candidates = (next?.candidates ?? []).map(([at, rank]) => ({ at, rank }));
    candidates.sort((one, other) => one.rank - other.rank || one.at - other.at);
    this.query(".rivals .title").textContent = pairs < 1 ? "Nothing is left to merge."
      : `${candidates.length} of ${pairs} neighbouring ${pairs === 1 ? "pair" : "pairs"} in the vocabulary, lowest rank first`;
    this.query(".rivals ol").replaceChildren(...candidates.map(({ at, rank }, place) =>
      element("li", place ? "" : "lowest",
        element("b", "", `${parts[at].label} + ${parts[at + 1].label}`),
        element("span", "", number(rank)))));
  }
}

export default function (component) {
  const { parentElement, setTriggerValue } = component;
  const text = new TextDecoder().decode(component.data);
  const view = parentElement.querySelector(".tree-view");
  view.player ??= new Player(view);
  const { word, pieces, tell } = JSON.parse(text);
  view.player.tell = tell ? (value) => setTriggerValue("played", value) : null;
  const drawn = JSON.stringify([word, pieces]);
  if (view.drawn === drawn) { view.player.told(); return; }
  view.drawn = drawn;
  view.player.take(pieces);
}
