// A button for each part of a model: rows are layers, columns heads and, where asked for, the MLP
// and the whole layer. data: {columns: [{name, part}], layers, mode: "choose" | "toggle",
// off: [names], chosen: name | null, values: [[number | null]] | null, largest, unit, hint}; a
// part is `L2H1`, `L2MLP` or `L2`. Trigger out: "part" name (choose), "off" [names] (toggle).
import { element, received } from "./dom.js";

function written(value) {
  if (Math.abs(value) < 0.005) return "0";
  return (value < 0 ? "\u2212" : "") + Math.abs(value).toFixed(2).replace(/^0/, "");
}

function named(name) {
  const [, layer, head, mlp] = name.match(/^L(\d+)(?:H(\d+)|(MLP))?$/);
  if (head) return `layer ${layer}, head ${head}`;
  return mlp ? `the MLP of layer ${layer}` : `all of layer ${layer}`;
}

function build(grid, data) {
  const head = element("tr", "");
  head.append(element("th", ""), ...data.columns.flatMap((one) => columnHead(one)));
  const rows = Array.from({ length: data.layers }, (_, layer) => {
    const row = element("tr", "");
    const label = element("th", "", `L${layer}`);
    label.scope = "row";
    row.append(label);
    data.columns.forEach((column, number) => {
      if (column.gap) row.append(element("td", "gap"));
      const cell = element("td", "");
      const button = element("button", "");
      button.dataset.part = `L${layer}${column.part}`;
      button.dataset.at = `${layer},${number}`;
      cell.append(button);
      row.append(cell);
    });
    return row;
  });
  grid.querySelector("thead").replaceChildren(head);
  grid.querySelector("tbody").replaceChildren(...rows);
  grid.classList.toggle("many", data.columns.length > 10 || data.layers > 14);
  grid.querySelector("table").style.maxWidth = `${60 * (data.columns.length + 1)}px`;
}

function columnHead(column) {
  const head = element("th", "", column.name);
  head.scope = "col";
  return column.gap ? [element("th", "gap"), head] : [head];
}

function paint(grid) {
  const { data, off } = grid;
  grid.querySelectorAll("button").forEach((button) => {
    const name = button.dataset.part;
    const [layer, column] = button.dataset.at.split(",").map(Number);
    const value = data.values?.[layer]?.[column] ?? null;
    const isOff = off.has(name);
    // A switch says what it is, with or without its number.
    const word = data.mode === "toggle" ? (isOff ? "off" : "on") : "";
    const number = value === null ? "" : written(value);
    button.replaceChildren(...(word ? [element("b", "", word)] : []), ...(number ? [element("span", "", number)] : []));
    const share = value === null ? 0 : Math.min(1, Math.abs(value) / data.largest);
    button.style.background = share ? `rgba(var(${value < 0 ? "--amber" : "--petrol"}), ${(0.7 * share).toFixed(3)})` : "";
    button.classList.toggle("off", isOff);
    button.classList.toggle("within", !isOff && off.has(`L${layer}`));
    button.classList.toggle("chosen", name === data.chosen);
    button.setAttribute("aria-pressed", String(data.mode === "toggle" ? isOff : name === data.chosen));
    const says = value === null ? "" : `: ${value.toFixed(3)} ${data.unit}`;
    button.title = `${name}, ${named(name)}${isOff ? ", switched off" : ""}${says}`;
    button.setAttribute("aria-label", button.title);
  });
}

// Of many layers, the chosen part comes into sight.
function reveal(grid) {
  const [box, own] = [grid.querySelector(".scroll"), grid.querySelector("button.chosen")];
  if (!own) return;
  const at = own.getBoundingClientRect().top - box.getBoundingClientRect().top;
  if (at < own.offsetHeight || at > box.clientHeight - own.offsetHeight) box.scrollTop += at - box.clientHeight / 2;
}

function pressed(grid, button, send) {
  const name = button.dataset.part;
  if (grid.data.mode === "choose") {
    grid.data.chosen = name;
    paint(grid);
    send("part", name);
    return;
  }
  if (!grid.off.delete(name)) grid.off.add(name);
  paint(grid);
  send("off", [...grid.off]);
}

export default function ({ data: bytes, parentElement, setTriggerValue }) {
  const data = received(bytes);
  const grid = parentElement.querySelector(".parts");
  const said = grid.querySelector(".said");
  const shape = JSON.stringify([data.columns, data.layers]);
  if (grid.shape !== shape) build(grid, data);
  Object.assign(grid, { shape, data, off: new Set(data.off) });
  grid.classList.toggle("switches", data.mode === "toggle");
  paint(grid);
  reveal(grid);
  said.textContent = data.hint;
  const at = (event) => event.target.closest("button");
  grid.onclick = (event) => { const button = at(event); if (button) pressed(grid, button, setTriggerValue); };
  grid.onmouseover = (event) => { said.textContent = at(event)?.title ?? data.hint; };
  grid.onmouseleave = () => { said.textContent = data.hint; };
}
