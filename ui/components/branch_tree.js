// data: {rows: [{node, rails: ["line"|"turn"|"last"|""], parts, name, facts, on, here, root}]}
// Triggers out: "walk" node, "name" {node, name}, "remove" node. Keys: arrows walk the rows,
// Enter goes there, F2 names, Delete removes.
const MAX_NAME = 60;

function element(tag, name, text) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text !== undefined) made.textContent = text;
  return made;
}

function action(name, sign, title) {
  const button = element("button", `act ${name}`, sign);
  button.type = "button";
  button.title = title;
  button.setAttribute("aria-label", title);
  button.tabIndex = -1;
  return button;
}

function rowOf(row) {
  const line = element("div", "row");
  line.dataset.node = row.node;
  line.classList.toggle("on", row.on);
  line.classList.toggle("here", row.here);
  row.rails.forEach((kind) => line.append(element("span", `rail ${kind}`)));
  const segment = element("button", "segment");
  segment.type = "button";
  segment.setAttribute("role", "treeitem");
  segment.setAttribute("aria-level", row.rails.length + 1);
  segment.setAttribute("aria-current", row.here);
  segment.tabIndex = row.here ? 0 : -1;
  segment.append(element("span", "dot"));
  if (row.name) segment.append(element("span", "name", row.name));
  const text = element("span", "text");
  row.parts.forEach(([kind, sign]) => text.append(
    kind === "t" ? document.createTextNode(sign) : element("span", "mark", sign)));
  segment.append(text, element("span", "facts", row.facts));
  line.append(segment);
  if (!row.root) {
    line.append(action("rename", "✎", "Name this branch (F2)"),
      action("remove", "✕", "Delete this branch (Del)"));
  }
  return line;
}

export default function ({ data: bytes, parentElement, setTriggerValue }) {
  const tree = parentElement.querySelector(".tree");
  const data = JSON.parse(new TextDecoder().decode(bytes));
  const drawn = JSON.stringify(data.rows);
  if (tree.drawn !== drawn && !tree.querySelector(".edit")) {
    const focused = parentElement.activeElement?.closest?.(".row")?.dataset.node;
    tree.replaceChildren(...data.rows.map(rowOf));
    if (!tree.querySelector(".segment[tabindex='0']")) {
      tree.querySelector(".segment")?.setAttribute("tabindex", "0");
    }
    tree.drawn = drawn;
    if (focused) tree.querySelector(`.row[data-node="${focused}"] .segment`)?.focus();
  }
  const rowAt = (target) => target.closest?.(".row");
  const nodeOf = (row) => Number(row.dataset.node);
  const rename = (row) => {
    const node = nodeOf(row);
    const known = data.rows.find((one) => one.node === node);
    if (!known || known.root) return;
    const input = element("input", "edit");
    input.value = known.name;
    input.maxLength = MAX_NAME;
    input.placeholder = "a name for this branch";
    input.setAttribute("aria-label", "Name of the branch");
    let over = false;
    const end = (keep) => {
      if (over) return;
      over = true;
      const name = input.value.trim();
      tree.drawn = null;
      row.replaceWith(rowOf({ ...known, name: keep ? name : known.name }));
      if (keep && name !== known.name) setTriggerValue("name", { node, name });
    };
    input.onkeydown = (event) => {
      event.stopPropagation();
      if (event.key === "Enter") end(true);
      if (event.key === "Escape") end(false);
    };
    input.onblur = () => end(true);
    row.querySelector(".segment").replaceWith(input);
    input.focus();
    input.select();
  };
  tree.onclick = (event) => {
    const row = rowAt(event.target);
    if (!row) return;
    if (event.target.closest(".rename")) rename(row);
    else if (event.target.closest(".remove")) setTriggerValue("remove", nodeOf(row));
    else if (event.target.closest(".segment")) setTriggerValue("walk", nodeOf(row));
  };
  tree.onkeydown = (event) => {
    const row = rowAt(event.target);
    if (!row) return;
    const rows = [...tree.querySelectorAll(".row")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      const next = rows[Math.max(0, Math.min(rows.length - 1, rows.indexOf(row) + step))];
      next.querySelector(".segment")?.focus();
    } else if (event.key === "F2") rename(row);
    else if (event.key === "Delete" && !row.querySelector(".edit")) {
      if (row.querySelector(".remove")) setTriggerValue("remove", nodeOf(row));
    } else return;
    event.preventDefault();
  };
}
