// data: {parts: [{title, note, tokens: [[id, parts, special]]}]}. Text meets the DOM as text only.
import { element, received } from "./dom.js";
import { tokenBox } from "./tokens.js";

function token([id, parts, special]) {
  const box = tokenBox("span", special ? "token special" : "token", parts);
  box.append(element("i", "", id));
  return box;
}

export default function (component) {
  const { parts } = received(component.data);
  component.parentElement.querySelector(".rows").replaceChildren(...parts.map((one) => element("div", "part",
    element("div", "title", one.title), element("div", "note", one.note),
    element("div", "tokens", ...one.tokens.map(token)))));
}
