// data: {rows: [{node, rails: ["line"|"turn"|"last"|""], parts, name, facts, on, here, root}]}
// Triggers out: "walk" node, "name" {node, name}, "remove" node. Keys: arrows walk the rows,
// Enter goes there, F2 names, Delete removes.
import { element, received } from "./dom.js";
import { partNode } from "./tokens.js";

const MAX_NAME = 60;

function action(name, sign, title) {
  const button = element("button", `act ${name}`, sign);
  button.title = title;
  button.setAttribute("aria-label", title);
  button.tabIndex = -1;
  return button;
}

// A row keeps its elements while its content changes: a press that began before a new token came
// ends on the same button.
function rowOf(row) {
  const line = element("div", "row");
  row.rails.forEach((kind) => line.append(element("span", `rail ${kind}`)));
  const segment = element("button", "segment");
  segment.setAttribute("role", "treeitem");
  segment.setAttribute("aria-level", row.rails.length + 1);
  segment.append(element("span", "dot"), element("span", "name"), element("span", "text"),
    element("span", "facts"));
  line.append(segment);
  if (!row.root) {
    line.append(action("rename", "✎", "Name this branch (F2)"),
      action("remove", "✕", "Delete this branch (Del)"));
  }
  return line;
}

function fill(line, row) {
  line.dataset.node = row.node;
  line.classList.toggle("on", row.on);
  line.classList.toggle("here", row.here);
  const segment = line.querySelector(".segment");
  if (!segment) return; // it is being named
  segment.setAttribute("aria-current", row.here);
  segment.tabIndex = row.here ? 0 : -1;
  const name = segment.querySelector(".name");
  name.textContent = row.name;
  name.hidden = !row.name;
  segment.querySelector(".facts").textContent = row.facts;
  segment.querySelector(".text").replaceChildren(...row.parts.map(partNode));
}

function draw(tree, rows) {
  rows.forEach((row, place) => {
    const shape = JSON.stringify([row.rails, row.root]);
    let line = tree.children[place];
    if (line?.shape !== shape) {
      const fresh = rowOf(row);
      fresh.shape = shape;
      if (line) line.replaceWith(fresh);
      else tree.append(fresh);
      line = fresh;
    }
    fill(line, row);
  });
  while (tree.children.length > rows.length) tree.lastElementChild.remove();
  if (!tree.querySelector(".segment[tabindex='0']")) {
    tree.querySelector(".segment")?.setAttribute("tabindex", "0");
  }
}

export default function ({ data: bytes, parentElement, setTriggerValue }) {
  const tree = parentElement.querySelector(".tree");
  const data = received(bytes);
  tree.rows = data.rows;
  if (!tree.querySelector(".edit")) draw(tree, tree.rows);
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
      const before = known.name;
      if (keep) known.name = name;
      row.shape = null; // its field gives way to a row again
      draw(tree, tree.rows);
      if (known.name !== before) setTriggerValue("name", { node, name });
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
