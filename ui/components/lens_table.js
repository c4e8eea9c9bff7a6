// The logit lens: rows are the places where the stream is read, columns the text's tokens.
// data: packed({rows: [name], tokens: [label], labels: [label], chosen: [row, position], hint},
// tops uint32 (R, T) into labels, truths uint32 (T) into labels (the last is unused), chances
// uint8 (R, T), shades uint8 (R, T), ranks uint32 (R, T), 0 for none). Trigger out: "cell" [row, position]. Text meets the DOM as textContent only.
import { element, integers, unpack } from "./dom.js";

function build(view, data) {
  const T = data.tokens.length;
  const head = element("tr", "");
  head.append(element("th", "", "read after"), ...data.tokens.map((label, at) => {
    const cell = element("th", "", label);
    cell.title = `token ${at}: ${label}`;
    return cell;
  }));
  const rows = data.rows.map((name, row) => {
    const line = element("tr", "");
    const label = element("th", "", name);
    label.scope = "row";
    line.append(label, ...data.tokens.map((_, at) => {
      const cell = element("td", "");
      const button = element("button", "", data.labels[view.tops[row * T + at]]);
      button.setAttribute("aria-label", `${button.textContent}, after ${name}, token ${at}`);
      button.dataset.at = `${row},${at}`;
      button.classList.toggle("right", view.ranks[row * T + at] === 1);
      cell.append(button);
      return cell;
    }));
    return line;
  });
  view.querySelector("thead").replaceChildren(head);
  view.querySelector("tbody").replaceChildren(...rows);
  view.buttons = [...view.querySelectorAll("tbody button")];
}

function told(view, row, at) {
  const { tokens, labels, rows } = view.data;
  const cell = row * tokens.length + at;
  const rank = view.ranks[cell];
  const truth = rank ? ` The true next token ${labels[view.truths[at]]} has rank ${rank.toLocaleString("en")}.` : "";
  const place = row ? `After ${rows[row]}` : "From the embedding alone";
  return `${place}, at token ${at} (${tokens[at]}): ${labels[view.tops[cell]]} ${Math.round(view.chances[cell] / 2.55)}%.${truth}`;
}

function paint(view) {
  const T = view.data.tokens.length;
  view.buttons.forEach((button, cell) => {
    button.style.background = `rgba(var(--petrol), ${((0.75 * view.shades[cell]) / 255).toFixed(3)})`;
  });
  mark(view, view.data.chosen, T);
}

function mark(view, [row, at], T) {
  view.querySelector("button.chosen")?.classList.remove("chosen");
  view.querySelector("thead th.own")?.classList.remove("own");
  view.buttons[row * T + at]?.classList.add("chosen");
  view.querySelectorAll("thead th")[at + 1]?.classList.add("own");
}

export default function ({ data: bytes, parentElement, setTriggerValue }) {
  const view = parentElement.querySelector(".lens");
  const said = view.querySelector(".said");
  const data = unpack(bytes);
  const [tops, truths, chances, shades, ranks] = data.buffers;
  Object.assign(view, { data, tops: integers(tops), truths: integers(truths), chances, shades, ranks: integers(ranks) });
  const print = JSON.stringify([data.rows, data.tokens, data.labels]) + view.tops.join();
  if (view.print !== print) {
    view.print = print;
    build(view, data);
    const scroll = view.querySelector(".scroll");
    const column = view.buttons[data.chosen[1]];
    scroll.scrollLeft = column ? column.parentElement.offsetLeft - scroll.clientWidth + 90 : 0;
    const own = view.buttons[data.chosen[0] * data.tokens.length];  // of many layers, often the last
    const below = own ? own.parentElement.offsetTop + 40 - scroll.clientHeight : 0;
    if (below > scroll.scrollTop) scroll.scrollTop = below;
  }
  paint(view);
  const at = (event) => event.target.closest("button")?.dataset.at.split(",").map(Number);
  const rest = () => { said.textContent = told(view, ...view.data.chosen); };
  rest();
  view.onclick = (event) => {
    const cell = at(event);
    if (!cell) return;
    view.data.chosen = cell;
    mark(view, cell, data.tokens.length);
    rest();
    setTriggerValue("cell", cell);
  };
  view.onmouseover = (event) => { const cell = at(event); if (cell) said.textContent = told(view, ...cell); };
  view.onmouseleave = rest;
}
