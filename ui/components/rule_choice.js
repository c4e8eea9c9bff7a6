// data: {label, chosen, rules: [{name, title, note, count, pieces: [parts]}]}
// parts: [[kind, text]] as ui.token_text.parts_of gives them. Text meets the DOM as textContent only.
const COLOURS = 5;

function text(tag, className, content) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = content;
  return element;
}

function pieceSpan(parts, index) {
  const span = text("span", `piece c${index % COLOURS}`, "");
  for (const [kind, shown] of parts) span.append(text("span", kind === "t" ? "" : "mark", shown));
  return span;
}

function ruleLabel(rule, index, group, choose) {
  const label = text("label", "rule", "");
  label.dataset.rule = rule.name;
  const input = document.createElement("input");
  input.type = "radio";
  input.name = group;
  input.value = rule.name;
  input.onchange = () => choose(rule.name);
  const words = document.createElement("div");
  words.append(text("div", "title", rule.title), text("div", "note", rule.note));
  const shown = text("div", "shown", "");
  const pieces = text("div", "pieces", "");
  pieces.dir = "auto";
  pieces.tabIndex = 0; // it scrolls
  pieces.setAttribute("role", "group");
  pieces.setAttribute("aria-label", `Pieces: ${rule.title}`);
  rule.pieces.forEach((parts, i) => pieces.append(pieceSpan(parts, i), document.createElement("wbr")));
  shown.append(pieces, text("div", "count", rule.count));
  label.append(input, words, shown);
  return label;
}

export default function (component) {
  const { parentElement, setStateValue } = component;
  const data = JSON.parse(new TextDecoder().decode(component.data));
  const box = parentElement.querySelector(".rules");
  box.setAttribute("aria-label", data.label);
  const mark = (name) => box.querySelectorAll(".rule").forEach((one) => {
    const chosen = one.dataset.rule === name;
    one.classList.toggle("chosen", chosen);
    one.querySelector("input").checked = chosen;
  });
  const choose = (name) => { mark(name); setStateValue("rule", name); };
  const drawn = JSON.stringify(data.rules);
  if (box.drawn !== drawn) {
    const group = `rules-${Math.random().toString(36).slice(2)}`;
    box.replaceChildren(...data.rules.map((rule, i) => ruleLabel(rule, i, group, choose)));
    box.drawn = drawn;
  }
  mark(data.chosen);
}
