// data: {label, chosen, rules: [{name, title, note, count, pieces: [parts]}]}
// parts: [[kind, text]] as ui.token_text.parts_of gives them. Text meets the DOM as textContent only.
import { element, received } from "./dom.js";
import { colourOf, tokenBox } from "./tokens.js";

function ruleLabel(rule, index, group, choose) {
  const input = element("input", { type: "radio", name: group, value: rule.name });
  input.onchange = () => choose(rule.name);
  const words = element("div", "", element("div", "title", rule.title), element("div", "note", rule.note));
  // It scrolls, so the keyboard reaches it.
  const pieces = element("div", { class: "pieces", dir: "auto", tabindex: 0, role: "group",
    "aria-label": `Pieces: ${rule.title}` }, ...rule.pieces.flatMap((parts, i) => [
    tokenBox("span", `piece ${colourOf(i)}`, parts), element("wbr")]));
  return element("label", { class: "rule", "data-rule": rule.name }, input, words,
    element("div", "shown", pieces, element("div", "count", rule.count)));
}

export default function (component) {
  const { parentElement, setStateValue } = component;
  const data = received(component.data);
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
