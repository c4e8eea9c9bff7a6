// data: packed(header, weights of each made frame), where header is {labels, layers, heads, kinds:
// [[name, colour, dash]], prompt, classifier, frames: [{step, loss, made, lens: [[part, token, p]],
// answers: [[label, p]], sample, scores: kinds × layers × heads | null}], causal}; weights hold the
// lower triangle of every head, or all of it where the model is not causal, row by row, 255 for all
// of a token's attention. See ui/attention/over_time.py. Frames are drawn here, without a word to
// the server; text meets the DOM as textContent, or is drawn.
import { drawn, element, unpack } from "./dom.js";
import { channels, everyOne, fitted, rgba } from "./pictures.js";

const PLAY_MS = 700, WAIT_MS = 250;
const LEFT = 34, RIGHT = 10, TOP = 8, BOTTOM = 22, TALL = 210;

const percent = (share) => (share >= 0.0005 ? `${(100 * share).toFixed(1)}%` : "< 0.1%");
const number = (value) => value.toLocaleString("en-US");

// The cells of one head in the weights of a frame, row by row.
function cellsOf(data, weights, layer, head) {
  const T = data.labels.length, size = data.causal ? (T * (T + 1)) / 2 : T * T;
  const start = (layer * data.heads + head) * size;
  return weights.subarray(start, start + size);
}

// How many tokens the one in this row sees.
const seen = (data, row) => (data.causal ? row + 1 : data.labels.length);

function drawSmall(canvas, cells, data, ink) {
  const T = data.labels.length;
  canvas.width = canvas.height = T;
  const picture = canvas.getContext("2d").createImageData(T, T);
  for (let row = 0, at = 0; row < T; row += 1) {
    for (let column = 0; column < seen(data, row); column += 1, at += 1) {
      picture.data.set([...ink, Math.max(10, cells[at])], 4 * (row * T + column));
    }
  }
  canvas.getContext("2d").putImageData(picture, 0, 0);
}

function drawLarge(canvas, cells, data, colour, ink) {
  const labels = data.labels;
  const T = labels.length, wide = canvas.clientWidth || 440, ratio = window.devicePixelRatio || 1;
  const margin = T > 32 ? 62 : 84, cell = (wide - margin) / T;
  const size = Math.max(9, Math.min(13, cell * 0.8));
  const step = everyOne(size, cell);
  canvas.width = canvas.height = Math.round(wide * ratio);
  canvas.style.height = `${wide}px`;
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  pen.font = `${size}px sans-serif`;
  pen.textBaseline = "middle";
  pen.fillStyle = colour;
  labels.forEach((label, i) => {
    if (i % step) return;
    pen.textAlign = "right";
    pen.fillText(fitted(pen, label, margin - 8), margin - 5, margin + (i + 0.5) * cell);
    pen.save();
    pen.translate(margin + (i + 0.5) * cell, margin - 5);
    pen.rotate(-Math.PI / 2);
    pen.textAlign = "left";
    pen.fillText(fitted(pen, label, margin - 8), 0, 0);
    pen.restore();
  });
  const gap = cell > 9 ? 1 : 0;
  for (let row = 0, at = 0; row < T; row += 1) {
    for (let column = 0; column < seen(data, row); column += 1, at += 1) {
      pen.fillStyle = rgba(ink, Math.max(0.04, cells[at] / 255));
      pen.fillRect(margin + column * cell, margin + row * cell, cell - gap, cell - gap);
    }
  }
  return { margin, cell };
}

// Steps on a log axis: most happens early.
function across(data, width) {
  const steps = data.frames.map((one) => Math.log(Math.max(1, one.step)));
  const low = steps[0], span = steps.at(-1) - low || 1;
  return (i) => LEFT + ((steps[i] - low) / span) * (width - LEFT - RIGHT);
}

function axes(svg, data, x, y, ticks, digits) {
  const width = svg.clientWidth || 500;
  svg.replaceChildren();
  for (const value of ticks) {
    svg.append(drawn("line", { class: "axis", x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value) }),
      drawn("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, value.toFixed(digits)));
  }
  let taken = -Infinity;
  const last = x(data.frames.length - 1);
  data.frames.forEach((one, i) => {
    const place = x(i), text = number(one.step), half = 4 * text.length;
    const isLast = i === data.frames.length - 1;
    if (place - half < taken + 6 || (!isLast && place + half > last - 44)) return;
    taken = place + half;
    svg.append(drawn("text", { x: place, y: TALL - 4, "text-anchor": "middle" }, text));
  });
}

function path(points, x, y) {
  return points.map(([i, value], n) => `${n ? "L" : "M"}${x(i).toFixed(1)},${y(value).toFixed(1)}`).join("");
}

const best = (table) => Math.max(...table.flat());

function curve(svg, data, lines, high, low, digits, at) {
  const x = across(data, svg.clientWidth || 500);
  const y = (value) => TOP + ((high - value) / (high - low || 1)) * (TALL - TOP - BOTTOM);
  axes(svg, data, x, y, [0, 1, 2, 3, 4, 5].map((i) => low + ((high - low) * i) / 5), digits);
  for (const { points, colour, dash } of lines) {
    svg.append(drawn("path", { class: "line", d: path(points, x, y), style: `stroke: ${colour}`, "stroke-dasharray": dash }));
    for (const [i, value] of points) {
      svg.append(drawn("circle", { cx: x(i), cy: y(value), r: i === at ? 5 : 2.5, style: `fill: ${colour}` }));
    }
  }
  svg.append(drawn("line", { class: "cursor", x1: x(at), x2: x(at), y1: TOP, y2: TALL - BOTTOM }));
  return x;
}

function drawTypes(view, data, at) {
  const scored = data.frames.map((one, i) => [i, one]).filter(([, one]) => one.made && one.scores);
  const lines = data.kinds.map(([, colour, dash], k) => ({
    colour, dash, points: scored.map(([i, one]) => [i, best(one.scores[k])]),
  }));
  const top = Math.max(0.25, ...lines.flatMap((one) => one.points.map(([, value]) => value)));
  const high = top > 0.5 ? 1 : top > 0.25 ? 0.5 : 0.25;
  view.x = curve(view.querySelector(".types > svg"), data, lines, high, 0, 2, at);
  const now = data.frames[at];
  view.querySelector(".legend").replaceChildren(...data.kinds.map(([name, colour, dash], k) => {
    const entry = element("span", "");
    const sign = drawn("svg", { viewBox: "0 0 26 8" });
    sign.append(drawn("path", { class: "line", d: "M0,4L26,4", stroke: colour, "stroke-dasharray": dash }));
    let words = name;
    if (now.made && now.scores) {
      const top = best(now.scores[k]);
      const layer = now.scores[k].findIndex((row) => row.includes(top));
      words += ` ${top.toFixed(2)} (layer ${layer}, head ${now.scores[k][layer].indexOf(top)})`;
    }
    entry.append(sign, words);
    return entry;
  }));
  const losses = data.frames.map((one, i) => [i, one.loss]).filter(([, loss]) => loss !== null);
  const figure = view.querySelector(".loss");
  figure.hidden = losses.length < 2;
  if (figure.hidden) return;
  const values = losses.map(([, loss]) => loss);
  const low = Math.floor(Math.min(...values) * 2) / 2, most = Math.ceil(Math.max(...values) * 2) / 2;
  curve(figure.querySelector("svg"), data, [{ points: losses, colour: "rgb(var(--amber))", dash: "" }], most, low, 1, at);
}

function drawWords(view, data, frame) {
  const most = Math.max(0.25, ...frame.answers.map(([, share]) => share));
  const row = (first, token, share, bar) => {
    const item = element("li", "");
    const shown = element(first === null ? "b" : "span", first === null ? "" : "token", token);
    shown.title = token;
    if (first !== null) {
      item.append(element("i", "", first), shown);
      shown.style.background = `rgba(var(--petrol), ${(0.06 + 0.6 * share).toFixed(2)})`;
    } else {
      bar.style.width = `${(100 * share) / most}%`;
      item.append(shown, bar);
    }
    item.append(element("small", "", percent(share)));
    return item;
  };
  view.querySelector(".lens ol").replaceChildren(...frame.lens.map(([part, token, p]) => row(part, token, p)));
  view.querySelector(".next ol").replaceChildren(
    ...frame.answers.map(([label, p]) => row(null, label, p, element("div", "track"))));
  view.querySelector(".next figcaption").textContent = data.classifier ? "What it answers" : "What comes next";
  view.querySelector(".sample").hidden = data.classifier;
  view.querySelector(".sample p").replaceChildren(element("span", "prompt", data.prompt), element("span", "", frame.sample));
}

// The head that is enlarged: the one clicked, else the strongest one that looks back at a copy.
function chosenHead(view, data) {
  const [layer, head] = view.head ?? [-1, -1];
  if (layer >= 0 && layer < data.layers && head < data.heads) return [layer, head];
  const last = data.frames.findLast((one) => one.made && one.scores);
  if (!last) return [0, 0];
  const table = last.scores[2], top = best(table);
  const found = table.findIndex((row) => row.includes(top));
  return [found, table[found].indexOf(top)];
}

function drawHeads(view, data, frame, weights) {
  const [layer, head] = chosenHead(view, data);
  const ink = channels(view, "petrol");
  view.querySelectorAll(".head").forEach((button) => {
    const place = [Number(button.dataset.layer), Number(button.dataset.head)];
    drawSmall(button.firstChild, cellsOf(data, weights, ...place), data, ink);
    button.setAttribute("aria-pressed", String(place[0] === layer && place[1] === head));
  });
  const canvas = view.querySelector(".one canvas");
  view.cells = cellsOf(data, weights, layer, head);
  view.measures = drawLarge(canvas, view.cells, data, getComputedStyle(view).color, ink);
  canvas.setAttribute("aria-label", `Attention of layer ${layer}, head ${head} at step ${frame.step}`);
  const scores = frame.scores
    ? data.kinds.map(([name], k) => `${name} ${frame.scores[k][layer][head].toFixed(2)}`).join(" · ") : "";
  view.querySelector(".one figcaption").textContent = `Layer ${layer}, head ${head}`;
  view.said = scores;
  view.querySelector(".pointed").textContent = scores;
}

function point(view, data, event) {
  const { margin, cell } = view.measures ?? {};
  const column = Math.floor((event.offsetX - margin) / cell), row = Math.floor((event.offsetY - margin) / cell);
  const T = data.labels.length;
  const inside = column >= 0 && row >= 0 && row < T && column < seen(data, row);
  const at = (data.causal ? (row * (row + 1)) / 2 : row * T) + column;
  view.querySelector(".pointed").textContent = inside
    ? `${data.labels[row]} (${row}) looks at ${data.labels[column]} (${column}): `
      + percent(view.cells[at] / 255)
    : view.said;
}

function buildGrid(view, data) {
  const grid = view.querySelector(".grid");
  const room = (view.querySelector(".all").clientWidth - 64) / data.heads - 6;
  const side = Math.floor(Math.max(24, Math.min(120, 430 / data.layers - 6, room)));
  const shape = `${data.layers} ${data.heads} ${side}`;
  if (grid.dataset.shape === shape) return;
  grid.dataset.shape = shape;
  grid.style.gridTemplateColumns = `auto repeat(${data.heads}, ${side}px)`;
  const cells = [element("span", "label", "")];
  for (let head = 0; head < data.heads; head += 1) cells.push(element("span", "label", `${side > 50 ? "head " : ""}${head}`));
  for (let layer = 0; layer < data.layers; layer += 1) {
    cells.push(element("span", "label", `layer ${layer}`));
    for (let head = 0; head < data.heads; head += 1) {
      const button = element("button", "head");
      Object.assign(button.dataset, { layer, head });
      button.setAttribute("aria-label", `Layer ${layer}, head ${head}`);
      button.append(element("canvas"));
      cells.push(button);
    }
  }
  grid.replaceChildren(...cells);
}

function show(view) {
  const data = view.data, last = data.frames.length - 1;
  const at = Math.max(0, Math.min(last, view.place));
  const frame = data.frames[at];
  view.querySelector(".at").value = at;
  view.querySelector(".told").textContent = `step ${number(frame.step)} · snapshot ${at + 1} of ${last + 1}`
    + (frame.loss === null ? "" : ` · validation loss ${frame.loss.toFixed(3)}`);
  drawTypes(view, data, at);
  if (frame.made) {
    drawHeads(view, data, frame, view.weights[at]);
    drawWords(view, data, frame);
  }
  const made = data.frames.filter((one) => one.made).length;
  view.querySelector(".state").textContent = made === last + 1 ? ""
    : `${made} of ${last + 1} snapshots are ready${frame.made ? "" : "; this one is being read, and the picture is that of another"}.`;
  view.dataset.step = frame.made ? frame.step : "";
}

function stop(view) {
  clearTimeout(view.timer);
  view.timer = 0;
  view.querySelector(".play").textContent = view.place < view.data.frames.length - 1 && view.place > 0 ? "Continue" : "Play";
}

// Goes on to the next frame, or waits for one that is not made yet.
function play(view) {
  const step = () => {
    if (!view.isConnected) return;
    const next = view.data.frames[view.place + 1];
    if (next === undefined) { stop(view); return; }
    if (next.made) { view.place += 1; show(view); }
    view.timer = setTimeout(step, next.made ? PLAY_MS : WAIT_MS);
  };
  if (view.place >= view.data.frames.length - 1) { view.place = 0; show(view); }
  view.querySelector(".play").textContent = "Pause";
  view.timer = setTimeout(step, PLAY_MS);
}

function listen(view) {
  const slider = view.querySelector(".at");
  view.querySelector(".play").onclick = () => { if (view.timer) stop(view); else play(view); };
  slider.oninput = () => { view.place = Number(slider.value); stop(view); show(view); };
  view.querySelector(".grid").onclick = (event) => {
    const button = event.target.closest(".head");
    if (!button) return;
    view.head = [Number(button.dataset.layer), Number(button.dataset.head)];
    show(view);
  };
  const canvas = view.querySelector(".one canvas");
  canvas.onpointermove = (event) => point(view, view.data, event);
  canvas.onpointerleave = () => { view.querySelector(".pointed").textContent = view.said ?? ""; };
  view.querySelector(".types > svg").onclick = (event) => {
    const distance = (i) => Math.abs(view.x(i) - event.offsetX);
    const places = view.data.frames.map((_, i) => i);
    view.place = places.reduce((near, i) => (distance(i) < distance(near) ? i : near), 0);
    stop(view);
    show(view);
  };
  let width = view.clientWidth;
  new ResizeObserver(() => {
    if (view.clientWidth === width) return;
    width = view.clientWidth;
    buildGrid(view, view.data);
    show(view);
  }).observe(view);
}

export default function (component) {
  const view = component.parentElement.querySelector(".time");
  const data = unpack(component.data);
  const before = view.data, step = before?.frames[view.place]?.step;
  view.data = data;
  let buffer = 0;
  view.weights = data.frames.map((one) => (one.made ? data.buffers[buffer++] : null));
  const same = data.frames.findIndex((one) => one.step === step);
  const wasLast = before === undefined || view.place === before.frames.length - 1;
  view.place = before?.run === data.run && same >= 0 && !wasLast ? same : view.timer ? Math.max(0, same) : data.frames.length - 1;
  if (before === undefined) listen(view);
  if (before?.run !== data.run) { view.head = null; stop(view); }
  view.querySelector(".at").max = data.frames.length - 1;
  view.querySelector(".play").disabled = data.frames.length < 2;
  buildGrid(view, data);
  show(view);
}
