// data: {tokens: [[id, parts]], first, inputs: [[index]], targets: [[index]], starts: [start],
// names: {…}, stairs, cut}. inputs and targets come from the code that training uses; an index
// points into tokens. The window moves here, without a word to the server.
import { element, received } from "./dom.js";
import { tokenBox, wordsOf } from "./tokens.js";

const PLAY_MS = 700;

function cell(kind, [id, parts], column, row) {
  const box = element("div", `cell ${kind}`, "");
  box.style.gridColumn = column;
  box.style.gridRow = row;
  box.append(tokenBox("b", "", parts), element("i", "", id));
  box.title = wordsOf(parts);
  return box;
}

function drawGrid(grid, data, inputs, targets) {
  const heads = ["input", "", "target"].map((name, i) => {
    const head = element("div", "head", name);
    head.style.gridColumn = 1;
    head.style.gridRow = i + 1;
    return head;
  });
  const cells = inputs.flatMap((index, i) => {
    const arrow = element("div", "cell arrow", "↓");
    arrow.style.gridColumn = i + 2;
    arrow.style.gridRow = 2;
    return [cell("input", data.tokens[index], i + 2, 1), arrow,
            cell("target", data.tokens[targets[i]], i + 2, 3)];
  });
  grid.replaceChildren(...heads, ...cells);
}

function drawStairs(box, data, inputs, targets) {
  const rows = inputs.slice(0, data.stairs).map((_, i) => {
    const row = element("div", "stair", "");
    row.append(element("span", "number", i + 1));
    inputs.slice(0, i + 1).forEach((index) => row.append(tokenBox("span", "piece", data.tokens[index][1])));
    row.append(element("span", "to", "→"), tokenBox("span", "piece goal", data.tokens[targets[i]][1]));
    return row;
  });
  if (inputs.length > data.stairs) rows.push(element("div", "note", `… and so on, to ${inputs.length} tokens of context.`));
  box.replaceChildren(...rows);
}

export default function (component) {
  const { parentElement } = component;
  const data = received(component.data);
  const view = parentElement.querySelector(".pairs");
  const [row, grid, stairs] = [".row", ".grid", ".stairs"].map((name) => view.querySelector(name));
  const [slider, where, play] = [".slider", ".where", ".play"].map((name) => view.querySelector(name));
  const drawn = JSON.stringify(data);
  if (view.drawn === drawn) return () => clearInterval(view.timer);
  view.drawn = drawn;
  const last = data.inputs.length - 1;
  row.replaceChildren(...data.tokens.map(([, parts]) => tokenBox("span", "tok", parts)));
  const spans = [...row.children];
  const seen = new Set();
  slider.max = last;
  slider.value = 0;
  const stop = () => { clearInterval(view.timer); view.timer = null; play.textContent = "Play"; };
  const show = (number) => {
    const at = Math.max(0, Math.min(last, number));
    slider.value = at;
    const [inputs, targets] = [data.inputs[at], data.targets[at]];
    inputs.forEach((index) => seen.add(index));
    spans.forEach((span, i) => {
      const inside = i >= inputs[0] && i <= inputs[inputs.length - 1];
      span.className = `tok${inside ? " in" : i === targets[targets.length - 1] ? " out" : seen.has(i) ? " seen" : ""}`;
    });
    const left = spans[inputs[0]];
    row.scrollTop = Math.max(0, left.offsetTop - 20);
    where.textContent = `window ${at + 1} of ${data.of}: tokens ${data.starts[at] + 1} to ${data.starts[at] + inputs.length}`;
    drawGrid(grid, data, inputs, targets);
    drawStairs(stairs, data, inputs, targets);
    if (at === last) stop();
  };
  slider.oninput = () => { stop(); show(Number(slider.value)); };
  view.querySelectorAll(".step").forEach((button) => {
    button.onclick = () => { stop(); show(Number(slider.value) + Number(button.dataset.move)); };
  });
  play.onclick = () => {
    if (view.timer) { stop(); return; }
    if (Number(slider.value) === last) { seen.clear(); show(0); }
    play.textContent = "Pause";
    view.timer = setInterval(() => show(Number(slider.value) + 1), PLAY_MS);
  };
  stop();
  show(0);
  return () => clearInterval(view.timer);
}
