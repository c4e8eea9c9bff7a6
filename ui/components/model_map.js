// The whole model, its open layer step by step, and the residual stream beside it.
// data: {steps: [[name, group, title, shape]], step, layer, layers, last}; groups: input,
// attention, feed_forward, output. A click, or the arrow keys, ask for {step, layer}.
import { drawn, element, received } from "./dom.js";

const STREAM = 11, SIDE = 29; // x of the stream and of what a part does beside it
const PARTS = { attention: "Attention", feed_forward: "Feed-forward" };
const ENDS = { residual_middle: "attention_in", residual_out: "feed_forward_in" };

function rowOf([name, group, title, shape]) {
  const row = element("button", { class: "row", "data-step": name },
    element("span", "", title), element("small", "", shape));
  // A block has two norms and two sums: their part tells them apart by ear.
  if (group in PARTS) row.setAttribute("aria-label", `${title} ${shape}, ${PARTS[group]}`);
  return row;
}

function chips(data) {
  const words = data.layers === 1 ? "Layer" : "Layers";
  const box = element("div", "blocks", element("span", "", words));
  for (let layer = 0; layer < data.layers; layer++) {
    const chip = element("button", { class: "chip", "data-layer": layer,
      "aria-label": `Layer ${layer}` }, String(layer));
    box.append(chip);
  }
  return box;
}

function build(root, data) {
  const block = element("div", "block");
  const svg = drawn("svg", { "aria-hidden": "true" });
  root.replaceChildren(svg);
  let group = "";
  for (const step of data.steps) {
    const inside = step[1] in PARTS;
    if (inside && !block.isConnected) root.append(chips(data), block);
    if (inside && step[1] !== group) block.append(element("div", "part", PARTS[step[1]]));
    group = step[1];
    (inside ? block : root).append(rowOf(step));
  }
  root.shape = shapeOf(data);
}

const shapeOf = (data) => JSON.stringify([data.steps, data.layers]);

// The stream runs from where the embeddings are added to the last norm; each part of the block
// reads it, works beside it and is added to it again.
function lines(root) {
  const svg = root.querySelector("svg");
  svg.replaceChildren();
  const base = root.getBoundingClientRect().top;
  const middle = (name) => {
    const row = root.querySelector(`[data-step="${name}"]`);
    if (!row) return null;
    const box = row.getBoundingClientRect();
    return box.top - base + box.height / 2;
  };
  const [start, end, last] = ["embedding", "final_out", "probabilities"].map(middle);
  for (const name of ["tokens", "token_part", "position_part"]) {
    const y = middle(name);
    if (y === null) continue;
    svg.append(drawn("path", { class: "branch", d: `M${SIDE} ${y}H${STREAM + 8}Q${STREAM} ${y} ${STREAM} ${y + 8}V${start}` }));
  }
  svg.append(drawn("path", { class: "stream", d: `M${STREAM} ${start}V${end}` }));
  svg.append(drawn("path", { class: "branch", d: `M${STREAM} ${end}V${last}` }));
  svg.append(drawn("circle", { class: "entry", cx: STREAM, cy: start, r: 5 }));
  svg.append(drawn("circle", { class: "entry", cx: STREAM, cy: end, r: 5 }));
  for (const [added, read] of Object.entries(ENDS)) {
    const [from, to] = [middle(read), middle(added)];
    if (from === null || to === null) continue;
    svg.append(drawn("path", { class: "branch",
      d: `M${STREAM} ${from - 10}Q${STREAM} ${from} ${STREAM + 8} ${from}H${SIDE - 6}Q${SIDE} ${from} ${SIDE} ${from + 6}`
        + `V${to - 6}Q${SIDE} ${to} ${SIDE - 6} ${to}H${STREAM + 7}` }));
    svg.append(drawn("circle", { class: "plus", cx: STREAM, cy: to, r: 7 }));
    svg.append(drawn("path", { class: "cross",
      d: `M${STREAM - 4} ${to}H${STREAM + 4}M${STREAM} ${to - 4}V${to + 4}` }));
  }
}

function mark(root, step, layer) {
  root.querySelectorAll(".row").forEach((row) => {
    const chosen = row.dataset.step === step;
    row.classList.toggle("chosen", chosen);
    if (chosen) row.setAttribute("aria-current", "step"); else row.removeAttribute("aria-current");
  });
  root.querySelectorAll(".chip").forEach((chip) => {
    chip.classList.toggle("open", Number(chip.dataset.layer) === layer);
    chip.setAttribute("aria-pressed", Number(chip.dataset.layer) === layer);
  });
}

function isTyping(target) {
  return target?.closest?.("input, textarea, select, [contenteditable], [role=slider], [role=radiogroup], [role=combobox], [role=tab], canvas, .js-plotly-plot");
}

export default function ({ data: bytes, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".model");
  const data = received(bytes);
  if (root.shape !== shapeOf(data)) build(root, data);
  const now = { step: data.step, layer: data.layer };
  mark(root, now.step, now.layer);
  const go = (step, layer) => {
    Object.assign(now, { step, layer });
    mark(root, step, layer);
    setTriggerValue("go", { step, layer });
  };
  root.onclick = (event) => {
    const row = event.target.closest?.(".row");
    const chip = event.target.closest?.(".chip");
    if (row) go(row.dataset.step, now.layer);
    if (chip) {
      const inside = data.steps.find(([name]) => name === now.step)?.[1] in PARTS;
      go(inside ? now.step : "attention_in", Number(chip.dataset.layer));
    }
  };
  const keys = (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const from = event.composedPath()[0];
    if (!by || event.ctrlKey || event.metaKey || event.altKey || isTyping(from)) return;
    const at = data.steps.findIndex(([name]) => name === now.step) + by;
    if (at < 0 || at >= data.steps.length) return;
    event.preventDefault();
    go(data.steps[at][0], now.layer);
  };
  document.addEventListener("keydown", keys);
  const observer = new ResizeObserver(() => lines(root));
  observer.observe(root);
  lines(root);
  return () => {
    document.removeEventListener("keydown", keys);
    observer.disconnect();
  };
}
