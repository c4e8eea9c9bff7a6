// data: {columns: [{title, earlier}], rows: [{title, metric, cells: [{kind, head, below, tell}]}]}
// Every text meets the DOM as textContent only. A cell tells its sentence below the table when it
// is pointed at, focused or pressed. While a comparison runs, each cell stays the element that it
// is: only what it says changes, so that focus and pointer stay where they are.
import { element, received } from "./dom.js";

const HINT = "Point at a cell, or move to it with Tab, to read how that number came about.";
const SPOKEN = { best: "best of the row", not: "", open: "", score: "", writes: "" };

function head(columns) {
  const top = element("thead");
  const groups = element("tr", "groups");
  groups.append(element("th"));
  const earlier = columns.filter((one) => one.earlier).length;
  for (const [n, name] of [[earlier, "Earlier NLP"], [columns.length - earlier, "Language models (GPT)"]]) {
    if (!n) continue;
    groups.append(element("th", { colspan: n, scope: "colgroup" }, name));
  }
  const titles = columns.map((one) => element("th", { scope: "col" }, one.title));
  top.append(groups, element("tr", "", element("th"), ...titles));
  return top;
}

// Writes a cell into its button; nothing if it says already what it should.
function fill(button, cell, title, row) {
  const wanted = JSON.stringify([cell, title, row]);
  if (button.written === wanted) return;
  button.written = wanted;
  button.className = cell.kind;
  button.title = cell.tell;
  const below = (cell.below || []).map((line) => element("span", "", line));
  button.replaceChildren(element("b", "", cell.head), ...below);
  const spoken = SPOKEN[cell.kind] ? `, ${SPOKEN[cell.kind]}` : "";
  // Holds what one sees, in its order: who speaks to the computer says that.
  const seen = [cell.head, ...(cell.below || [])].join(" ");
  button.setAttribute("aria-label", `${row}, ${title}: ${seen}${spoken}. ${cell.tell}`);
  button.told = `${title}, ${row.toLowerCase()}: ${cell.tell}`;
}

function build(columns, rows, table, tell) {
  const body = element("tbody");
  const say = (event) => {
    table.pointed = event.currentTarget;
    tell.textContent = table.pointed.told;
  };
  table.buttons = rows.map((row) => {
    const line = element("tr");
    line.append(element("th", { scope: "row" }, row.title, element("small", "", row.metric)));
    body.append(line);
    return row.cells.map(() => {
      const [place, button] = [element("td"), element("button")];
      for (const event of ["mouseenter", "focus", "click"]) button.addEventListener(event, say);
      place.append(button);
      line.append(place);
      return button;
    });
  });
  table.pointed = null;
  table.replaceChildren(head(columns), body);
}

export default function ({ data, parentElement }) {
  const { columns, rows } = received(data);
  const table = parentElement.querySelector("table");
  const tell = parentElement.querySelector(".tell");
  const shape = JSON.stringify([columns, rows.map((row) => [row.title, row.metric, row.cells.length])]);
  if (table.shape !== shape) {
    table.shape = shape;
    build(columns, rows, table, tell);
  }
  rows.forEach((row, r) => row.cells.forEach((cell, c) => {
    fill(table.buttons[r][c], cell, columns[c].title, row.title);
  }));
  tell.textContent = table.pointed?.told ?? HINT;
}
