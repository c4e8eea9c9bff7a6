// Stages on a line that branches at finetuning. data: {stages: [{name, title, status, state,
// lane, column, page}]}; lane 0 is the main line, -1 and 1 the two branches.
import { drawn, element, received } from "./dom.js";

const WIDE = 700, LINE = 78, SPREAD = 62, DOT = 9;

function curve(a, b) {
  if (a.y === b.y) return `M${a.x},${a.y}H${b.x}`;
  const middle = (a.x + b.x) / 2;
  return `M${a.x},${a.y}C${middle},${a.y} ${middle},${b.y} ${b.x},${b.y}`;
}

function stageElement(stage, open) {
  const made = element(stage.page ? "button" : "div",
    { class: `stage ${stage.state}`, "data-stage": stage.name },
    element("i", "dot"), element("b", "", stage.title), element("span", "", stage.status));
  if (stage.page) made.onclick = () => open(stage.page);
  return made;
}

function place(root, stages, elements, svg) {
  const width = root.clientWidth;
  const tall = width < WIDE;
  root.classList.toggle("tall", tall);
  svg.replaceChildren();
  const columns = Math.max(...stages.map((s) => s.column)) + 1;
  const step = width / columns;
  const points = stages.map((s) => ({ x: step * (s.column + 0.5), y: LINE + SPREAD * s.lane }));
  if (tall) {
    let y = 0;
    elements.forEach((one, i) => {
      Object.assign(one.style, { left: "0", top: `${y}px`, width: `${width}px` });
      points[i] = { x: DOT, y: y + 10 };
      y += one.offsetHeight + 16;
    });
    root.style.height = `${y}px`;
  } else {
    let bottom = 0;
    elements.forEach((one, i) => {
      const top = points[i].y - DOT;
      Object.assign(one.style, {
        left: `${points[i].x}px`, top: `${top}px`, width: `${step - 10}px`,
      });
      bottom = Math.max(bottom, top + one.offsetHeight);
    });
    root.style.height = `${bottom + 4}px`;
  }
  stages.forEach((to, j) => {
    stages.forEach((from, i) => {
      const joined = tall ? i === j - 1 : from.column === to.column - 1;
      if (!joined) return;
      const d = tall ? `M${points[i].x},${points[i].y}V${points[j].y}` : curve(points[i], points[j]);
      const lit = from.state === "done" && (to.state === "done" || to.state === "live");
      svg.append(drawn("path", { class: lit ? "track done" : "track", d }));
    });
  });
}

export default function (component) {
  const { parentElement, setTriggerValue } = component;
  const data = received(component.data);
  const root = parentElement.querySelector(".map");
  const svg = drawn("svg", { "aria-hidden": "true" });
  const elements = data.stages.map((s) => stageElement(s, (page) => setTriggerValue("open", page)));
  root.replaceChildren(svg, ...elements);
  const draw = () => place(root, data.stages, elements, svg);
  draw();
  const observer = new ResizeObserver(draw);
  observer.observe(parentElement.host ?? root);
  return () => observer.disconnect();
}
