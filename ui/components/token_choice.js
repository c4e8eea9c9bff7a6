// data: {node, told: [before, token, after], names: [5 headings], rest,
//  rows: [[id, label, logit, scaled, filter, kept, probability, own]]}
// Bars of logits hang from the best one: their length is how near a token comes to it, in the
// unit of the first column, so a temperature below 1 visibly pulls the others away.
// A click on a row asks for a branch there.
import { element, received } from "./dom.js";

function bar(name, share, text) {
  const box = element("span", `bar ${name}`);
  const fill = element("i");
  fill.style.width = `${100 * Math.max(0, Math.min(1, share))}%`;
  box.append(fill, element("b", "", text));
  return box;
}

function percent(p) {
  if (p === 0) return "0";
  return p < 0.001 ? "<0.1%" : `${(100 * p).toFixed(1)}%`;
}

function rowOf(row) {
  const [id, label, , , , , , own] = row;
  const line = element(own ? "div" : "button", "row");
  if (!own) {
    line.dataset.token = id;
    line.title = "Branch here with this token";
  }
  line.append(element("span", "label", label), bar("logit", 0, ""), bar("scaled", 0, ""),
    element("span", "filter"), bar("p", 0, ""));
  line.setAttribute("role", "row");
  [...line.children].forEach((cell) => cell.setAttribute("role", "cell"));
  return line;
}

function fill(line, row, best, bestScaled, span) {
  const [, , logit, scaled, filter, kept, p, own] = row;
  const [, first, second, third, last] = line.children;
  const put = (box, share, text) => {
    box.firstChild.style.width = `${100 * Math.max(0, Math.min(1, share))}%`;
    box.lastChild.textContent = text;
  };
  put(first, 1 - (best - logit) / span, logit.toFixed(2));
  put(second, 1 - (bestScaled - scaled) / span, scaled.toFixed(2));
  third.textContent = filter;
  put(last, p, percent(p));
  line.classList.toggle("cut", !kept);
  line.classList.toggle("own", Boolean(own));
}

export default function ({ data: bytes, parentElement, setTriggerValue }) {
  const box = parentElement.querySelector(".choice");
  const data = received(bytes);
  const stages = box.querySelector(".stages");
  const [before, token, after] = data.told;
  box.querySelector(".told").replaceChildren(before, element("b", "", token), after);
  box.querySelector(".rest").textContent = data.rest;
  const drawn = JSON.stringify([data.node, data.rows.map((row) => [row[0], row[1], row[7]])]);
  if (stages.drawn !== drawn) {
    const names = element("div", "row names");
    data.names.forEach(() => names.append(element("span")));
    stages.replaceChildren(names, ...data.rows.map(rowOf));
    stages.drawn = drawn;
  }
  data.names.forEach((name, place) => { stages.children[0].children[place].textContent = name; });
  const logits = data.rows.map((row) => row[2]);
  const best = Math.max(...logits);
  const bestScaled = Math.max(...data.rows.map((row) => row[3]));
  const span = Math.max(1, best - Math.min(...logits)) * 1.08;
  data.rows.forEach((row, place) => fill(stages.children[place + 1], row, best, bestScaled, span));
  stages.onclick = (event) => {
    const row = event.target.closest?.("button.row");
    if (row) setTriggerValue("branch", { node: data.node, token: Number(row.dataset.token) });
  };
}
