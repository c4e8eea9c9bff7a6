// data: {tokens: [[role, parts, id]], legend: [[role, text]]}; parts as ui.token_text.parts_of gives
// them. Text meets the DOM as textContent only.
import { element, received } from "./dom.js";
import { Lines, partNode } from "./tokens.js";

function tokenSpan([role, , id]) {
  const span = element("span", `token ${role}`);
  span.title = `${role}, token ${id}`;
  return span;
}

function drawText(box, tokens) {
  box.replaceChildren();
  const lines = new Lines((line) => box.append(line), true);
  for (const token of tokens) {
    lines.write(token[1], () => tokenSpan(token), (part) => [partNode(part)]);
    lines.line.append(element("wbr"));
  }
}

export default function ({ data: bytes, parentElement }) {
  const data = received(bytes);
  const view = parentElement.querySelector(".view");
  view.querySelector(".legend").replaceChildren(
    ...data.legend.map(([role, text]) => element("span", role, text)),
  );
  drawText(view.querySelector(".text"), data.tokens);
}
