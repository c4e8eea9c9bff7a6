// data: {columns: [{title, earlier}], rows: [{title, metric, cells: [{kind, head, below, tell}]}]}
// Every text meets the DOM as textContent only. A cell tells its sentence below the table when it
// is pointed at, focused or pressed.
const HINT = "Point at a cell, or move to it with Tab, to read how that number came about.";
const SPOKEN = { best: "best of the row", not: "", open: "", score: "", writes: "" };

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function head(columns) {
  const top = element("thead");
  const groups = element("tr", "groups");
  groups.append(element("th"));
  const earlier = columns.filter((one) => one.earlier).length;
  for (const [n, name] of [[earlier, "Earlier NLP"], [columns.length - earlier, "Language models (GPT)"]]) {
    if (!n) continue;
    const group = element("th", "", name);
    group.colSpan = n;
    group.scope = "colgroup";
    groups.append(group);
  }
  const titles = element("tr");
  titles.append(element("th"));
  for (const one of columns) {
    const title = element("th", "", one.title);
    title.scope = "col";
    titles.append(title);
  }
  top.append(groups, titles);
  return top;
}

function cellButton(cell, title, row, tell) {
  const button = element("button", cell.kind);
  button.type = "button";
  button.title = cell.tell;
  button.append(element("b", "", cell.head));
  for (const line of cell.below || []) button.append(element("span", "", line));
  const spoken = SPOKEN[cell.kind] ? `, ${SPOKEN[cell.kind]}` : "";
  // Holds what one sees, in its order: who speaks to the computer says that.
  const seen = [cell.head, ...(cell.below || [])].join(" ");
  button.setAttribute("aria-label", `${row}, ${title}: ${seen}${spoken}. ${cell.tell}`);
  const say = () => { tell.textContent = `${title}, ${row.toLowerCase()}: ${cell.tell}`; };
  for (const event of ["mouseenter", "focus", "click"]) button.addEventListener(event, say);
  return button;
}

export default function ({ data, parentElement }) {
  const { columns, rows } = JSON.parse(new TextDecoder().decode(data));
  const table = parentElement.querySelector("table");
  const tell = parentElement.querySelector(".tell");
  const body = element("tbody");
  for (const row of rows) {
    const line = element("tr");
    const title = element("th", "", row.title);
    title.scope = "row";
    title.append(element("small", "", row.metric));
    line.append(title);
    row.cells.forEach((cell, i) => {
      const place = element("td");
      place.append(cellButton(cell, columns[i].title, row.title, tell));
      line.append(place);
    });
    body.append(line);
  }
  table.replaceChildren(head(columns), body);
  if (!tell.textContent) tell.textContent = HINT;
}
