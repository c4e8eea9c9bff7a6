// All heads as small maps, and the text with the attention of one token of the chosen head.
// data: packed(header, maps, chosen), header {layers, heads, side, tokens: [parts], picture,
// chosen: [layer, head], token, channel, habits: [[share, …]], names: [habit]}; maps uint8
// (L, H, S, S); chosen uint8 (T, T), of the chosen head.
// Triggers out: "head" [layer, head], "token" number. What is chosen in bertviz's frame comes over
// the channel, and goes there. Text meets the DOM as textContent only.
import { element, unpack } from "./dom.js";
import { channels, opacities, rgba } from "./pictures.js";
import { spaced, tokenBox, wordsOf } from "./tokens.js";

const LABEL = 24;
const TOP = 18;

const percent = (byte) => `${Math.round(byte / 2.55)}%`;

class Heads {
  constructor(root) {
    this.root = root;
    const find = (name) => root.querySelector(name);
    this.canvas = find("canvas");
    this.text = find(".text");
    this.said = find(".said");
    this.found = find(".found");
    this.way = "row";
    for (const name of ["petrol", "amber", "slate"]) this[name] = channels(root, name);
    this.opacity = opacities(getComputedStyle(root).getPropertyValue("--sequential"));
    this.canvas.onmousemove = (event) => this.tellHead(this.headAt(event));
    this.canvas.onmouseleave = () => this.tellHead(null);
    this.canvas.onclick = (event) => { const head = this.headAt(event); if (head) this.choose(head); };
    this.canvas.onkeydown = (event) => this.walk(event);
    this.text.onmouseover = (event) => this.shade(this.tokenAt(event));
    this.text.onmouseleave = () => this.shade();
    this.text.onclick = (event) => this.pick(this.tokenAt(event));
    this.text.onkeydown = (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      this.pick(Math.max(0, Math.min(this.data.tokens.length - 1, this.data.token + step)));
    };
    root.querySelectorAll(".ways button").forEach((one) => {
      one.onclick = () => { this.way = one.dataset.way; this.shade(); };
    });
    new ResizeObserver(() => this.draw()).observe(root);
    // The theme may change without a word from the server.
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  take(data, send) {
    const [maps, chosen] = data.buffers;
    const fresh = data.picture !== this.data?.picture;
    Object.assign(this, { data, maps, matrix: chosen, matrixOf: String(data.chosen), send });
    if (this.channel?.name !== data.channel) {
      this.channel?.close();
      this.channel = new BroadcastChannel(data.channel);
      this.channel.onmessage = (event) => this.heard(event.data);
    }
    this.channel.postMessage({ choose: data.chosen });
    if (fresh) {
      this.write();
      this.paintAtlas();
    }
    this.draw();
    this.reveal();
    this.tellHead(null);
    this.shade();
    if (fresh) {  // of a long text, the chosen token comes into sight
      const span = this.spans[data.token];
      this.text.scrollTop = span.offsetTop - this.text.offsetTop - this.text.clientHeight / 2;
    }
  }

  heard(message) {
    if (message.ready) this.channel.postMessage({ choose: this.data.chosen });
    if (!message.chose) return;
    const [layer, head] = [message.chose[0], message.chose[1] ?? this.data.chosen[1]];
    if (layer < this.data.layers && head < this.data.heads) this.choose([layer, head]);
  }

  choose(head) {
    if (String(head) === String(this.data.chosen)) return;
    this.data.chosen = head;
    this.draw();
    this.tellHead(null);
    this.shade();
    this.channel.postMessage({ choose: head });
    this.send("head", head);
  }

  pick(token) {
    if (token === null || token === this.data.token) return;
    this.data.token = token;
    this.shade();
    this.send("token", token);
  }

  // ---- the grid

  draw() {
    const { layers, heads, side, chosen } = this.data ?? {};
    const width = this.root.clientWidth;
    if (!layers || !width) return;
    const cell = Math.max(14, Math.min(72, Math.floor((width - LABEL - 4) / heads)));
    this.cell = cell;
    const ratio = devicePixelRatio || 1;
    const [w, h] = [LABEL + cell * heads + 4, TOP + cell * layers + 4];
    Object.assign(this.canvas, { width: w * ratio, height: h * ratio });
    Object.assign(this.canvas.style, { width: `${w}px`, height: `${h}px` });
    this.canvas.setAttribute("aria-label",
      `Attention maps of ${layers} layers by ${heads} heads; arrow keys choose one`);
    const pen = this.canvas.getContext("2d");
    pen.scale(ratio, ratio);
    pen.imageSmoothingEnabled = cell < side;
    const style = getComputedStyle(this.root);
    pen.fillStyle = style.color;
    pen.font = `11px ${style.fontFamily}`;
    pen.textBaseline = "middle";
    pen.textAlign = "center";
    for (let head = 0; head < heads; head++) {
      if (cell >= 18 || head % 4 === 0) pen.fillText(`H${head}`, LABEL + cell * (head + 0.5), TOP / 2);
    }
    pen.textAlign = "start";
    for (let layer = 0; layer < layers; layer++) {
      pen.fillStyle = style.color;
      pen.fillText(`L${layer}`, 0, TOP + cell * (layer + 0.5));
      for (let head = 0; head < heads; head++) {
        const [x, y] = [LABEL + cell * head, TOP + cell * layer];
        pen.drawImage(this.atlas, head * side, layer * side, side, side, x + 1.5, y + 1.5, cell - 3, cell - 3);
        const own = layer === chosen[0] && head === chosen[1];
        pen.strokeStyle = own ? rgba(this.amber, 1) : rgba(this.slate, 0.35);
        pen.lineWidth = own ? 3 : 1;
        pen.strokeRect(x + 1.5, y + 1.5, cell - 3, cell - 3);
      }
    }
  }

  // Of many layers, the chosen head comes into sight.
  reveal() {
    const box = this.canvas.parentElement;
    const at = TOP + this.cell * this.data.chosen[0];
    const hidden = at < box.scrollTop || at + this.cell > box.scrollTop + box.clientHeight;
    if (this.cell && hidden) box.scrollTop = at + this.cell / 2 - box.clientHeight / 2;
  }

  // All maps in one picture, once for each text: choosing a head only frames another one.
  paintAtlas() {
    const { layers, heads, side } = this.data;
    this.atlas = new OffscreenCanvas(heads * side, layers * side);
    const image = new ImageData(heads * side, layers * side);
    this.maps.forEach((byte, at) => {
      const [map, y, x] = [Math.floor(at / (side * side)), Math.floor(at / side) % side, at % side];
      const row = Math.floor(map / heads) * side + y;
      const spot = 4 * (row * heads * side + (map % heads) * side + x);
      image.data.set([...this.petrol, 255 * this.opacity[byte]], spot);
    });
    this.atlas.getContext("2d").putImageData(image, 0, 0);
  }

  headAt(event) {
    const box = this.canvas.getBoundingClientRect();
    const head = Math.floor((event.clientX - box.left - LABEL) / this.cell);
    const layer = Math.floor((event.clientY - box.top - TOP) / this.cell);
    const inside = head >= 0 && head < this.data.heads && layer >= 0 && layer < this.data.layers;
    return inside ? [layer, head] : null;
  }

  walk(event) {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!step) return;
    event.preventDefault();
    const [layer, head] = this.data.chosen.map((one, i) => one + step[i]);
    if (layer >= 0 && layer < this.data.layers && head >= 0 && head < this.data.heads) this.choose([layer, head]);
  }

  tellHead(head) {
    const [layer, number] = head ?? this.data.chosen;
    const shares = this.data.habits[layer * this.data.heads + number];
    const habits = this.data.names.map((name, i) => `${name} ${Math.round(shares[i] * 100)}%`);
    this.said.textContent = `${head ? "" : "Chosen: "}L${layer}H${number} gives on this text: ${habits.join(", ")}`;
  }

  // ---- the text

  write() {
    this.spans = this.data.tokens.map((parts, number) => {
      const span = tokenBox("span", "token", spaced(parts));
      span.dataset.token = number;
      span.setAttribute("role", "option");
      return span;
    });
    this.text.replaceChildren(...this.spans.flatMap((one) => [one, element("wbr")]));
  }

  tokenAt(event) {
    const span = event.target.closest(".token");
    return span ? Number(span.dataset.token) : null;
  }

  shade(over = null) {
    const { chosen, token, tokens } = this.data;
    const T = tokens.length;
    const at = over ?? token;
    const ready = this.matrixOf === String(chosen);
    this.root.querySelector(".title").textContent = `L${chosen[0]}H${chosen[1]} · token ${at} “${wordsOf(tokens[at])}”`;
    this.root.querySelectorAll(".ways button").forEach((one) => {
      one.setAttribute("aria-checked", String(one.dataset.way === this.way));
    });
    const weight = (i) => (!ready ? 0 : this.way === "row" ? this.matrix[at * T + i] : this.matrix[i * T + at]);
    this.spans.forEach((span, i) => {
      span.style.background = `rgba(var(--petrol), ${(0.85 * (weight(i) && this.opacity[weight(i)])).toFixed(3)})`;
      span.classList.toggle("own", i === at);
      span.setAttribute("aria-selected", String(i === token));
    });
    const best = [...tokens.keys()].sort((a, b) => weight(b) - weight(a)).slice(0, 4).filter((i) => weight(i) > 2);
    this.found.textContent = !ready ? "" : best.map((i) => `${wordsOf(tokens[i])} (${i}) ${percent(weight(i))}`).join(" · ")
      || "No token stands out.";
  }
}

export default function (component) {
  const { parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".heads");
  root.lab ??= new Heads(root);
  root.lab.take(unpack(component.data), setTriggerValue);
  return () => {
    root.lab.channel?.close();
    root.lab.channel = null;
  };
}
