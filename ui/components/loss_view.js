// data: {tokens: [[role, parts, id]], legend: [[role, text]]}; parts as ui.token_text.parts_of gives
// them. Text meets the DOM as textContent only.
function element(tag, name, text) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text !== undefined) made.textContent = text;
  return made;
}

function tokenSpan([role, , id]) {
  const span = element("span", `token ${role}`);
  span.title = `${role}, token ${id}`;
  return span;
}

function drawText(box, tokens) {
  let line = element("div", "line");
  const lines = [line];
  for (const token of tokens) {
    let span = null;
    for (const [kind, text] of token[1]) {
      if (!span) { span = tokenSpan(token); line.append(span); }
      span.append(kind === "t" ? text : element("span", kind === "x" ? "byte" : "mark", text));
      if (kind === "n") {
        line = element("div", "line");
        lines.push(line);
        span = null;
      }
    }
    line.append(element("wbr"));
  }
  box.replaceChildren(...lines);
}

export default function ({ data: bytes, parentElement }) {
  const data = JSON.parse(new TextDecoder().decode(bytes));
  const view = parentElement.querySelector(".view");
  view.querySelector(".legend").replaceChildren(
    ...data.legend.map(([role, text]) => element("span", role, text)),
  );
  drawText(view.querySelector(".text"), data.tokens);
}
