// data: {seconds, train: [[step, loss]], val: [[step, loss]], samples: [[step, prompt, text]],
// colours}. Plays by itself in the browser; text meets the DOM as textContent only.
import { drawn } from "./dom.js";

const WIDE = 600, TALL = 260, LEFT = 38, BOTTOM = 22, TOP = 8;

// How many of the points (by rising step) lie at or before `step`.
function countUpTo(points, step) {
  let low = 0, high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle][0] <= step) low = middle + 1; else high = middle;
  }
  return low;
}

function scales(data, width) {
  const losses = [...data.train, ...data.val].map(([, loss]) => loss);
  const low = Math.min(...losses), high = Math.max(...losses), room = (high - low || 1) * 0.05;
  const last = Math.max(data.train.at(-1)?.[0] ?? 1, data.val.at(-1)?.[0] ?? 1);
  return {
    last,
    x: (step) => LEFT + (step / last) * (width - LEFT - 8),
    y: (loss) => TOP + ((high + room - loss) / (high - low + 2 * room)) * (TALL - TOP - BOTTOM),
    ticks: [0, 1, 2, 3].map((i) => low + ((high - low) * i) / 3),
  };
}

function frame(svg, data) {
  const width = svg.clientWidth || WIDE;
  const scale = scales(data, width);
  svg.replaceChildren();
  for (const loss of scale.ticks) {
    const y = scale.y(loss);
    svg.append(drawn("line", { class: "grid", x1: LEFT, x2: width - 8, y1: y, y2: y }));
    svg.append(drawn("text", { x: LEFT - 6, y: y + 4, "text-anchor": "end" }, loss.toFixed(1)));
  }
  for (const share of [0, 0.5, 1]) {
    const step = Math.round(scale.last * share);
    svg.append(drawn("text", {
      x: scale.x(step), y: TALL - 4, "text-anchor": share === 1 ? "end" : "middle",
    }, step.toLocaleString("en-US")));
  }
  const lines = {};
  for (const name of ["train", "val"]) {
    lines[name] = drawn("path", { stroke: data.colours[name], "stroke-width": 2 });
    svg.append(lines[name]);
  }
  return { scale, lines };
}

function show(view, data, drawn, share) {
  const { scale, lines } = drawn;
  const step = Math.max(1, Math.round(scale.last * share));
  for (const name of ["train", "val"]) {
    const points = data[name].slice(0, countUpTo(data[name], step));
    lines[name].setAttribute("d", points.map(([x, loss], i) =>
      `${i ? "L" : "M"}${scale.x(x).toFixed(1)},${scale.y(loss).toFixed(1)}`).join(""));
  }
  const n = countUpTo(data.train, step), m = countUpTo(data.val, step);
  const words = [`step ${step.toLocaleString("en-US")}`];
  if (n) words.push(`train ${data.train[n - 1][1].toFixed(3)}`);
  if (m) words.push(`validation ${data.val[m - 1][1].toFixed(3)}`);
  view.querySelector(".told").textContent = words.join("  ·  ");
  const k = countUpTo(data.samples, step);
  const [at, prompt, text] = k ? data.samples[k - 1] : [0, "", "No sample yet"];
  const box = view.querySelector(".sample");
  if (box.dataset.step !== String(at)) {
    box.dataset.step = at;
    box.querySelector(".prompt").textContent = prompt;
    box.querySelector(".text").textContent = text;
    box.scrollTop = 0;
  }
}

export default function (component) {
  const { parentElement } = component;
  const view = parentElement.querySelector(".replay");
  const sent = new TextDecoder().decode(component.data);
  if (view.sent === sent) return;  // the page was redrawn: what plays goes on
  view.sent = sent;
  const data = JSON.parse(sent);
  const button = view.querySelector(".play"), range = view.querySelector(".at");
  const svg = view.querySelector(".curve");
  for (const name of ["train", "val"]) {
    view.querySelector(`.legend .${name}`).style.color = data.colours[name];
  }
  let drawn = frame(svg, data), playing = 0, share = 1, since = 0;
  const draw = () => { show(view, data, drawn, share); range.value = Math.round(share * 1000); };
  const stop = () => {
    cancelAnimationFrame(playing);
    playing = 0;
    button.textContent = share < 1 ? "Continue" : "Play";
  };
  const tick = (now) => {
    if (!view.isConnected) return;
    share = Math.min(1, share + (now - since) / 1000 / data.seconds);
    since = now;
    draw();
    if (share < 1) playing = requestAnimationFrame(tick); else stop();
  };
  button.onclick = () => {
    if (playing) { stop(); return; }
    if (share >= 1) share = 0;
    since = performance.now();
    button.textContent = "Pause";
    playing = requestAnimationFrame(tick);
  };
  range.oninput = () => { share = range.value / 1000; stop(); draw(); };
  let width = svg.clientWidth;
  const observer = new ResizeObserver(() => {
    if (svg.clientWidth === width) return;
    width = svg.clientWidth;
    drawn = frame(svg, data);
    draw();
  });
  observer.observe(svg);
  draw();
}
