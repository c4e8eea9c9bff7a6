// data: {parts: [{title, note, tokens: [[id, parts, special]]}]}. Text meets the DOM as textContent only.
function text(tag, className, content) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = content;
  return element;
}

function token([id, parts, special]) {
  const box = text("span", special ? "token special" : "token", "");
  for (const [kind, shown] of parts) box.append(text("span", kind === "t" ? "" : "mark", shown));
  box.append(text("i", "", id));
  return box;
}

export default function (component) {
  const data = JSON.parse(new TextDecoder().decode(component.data));
  const rows = component.parentElement.querySelector(".rows");
  rows.replaceChildren(...data.parts.map((one) => {
    const part = text("div", "part", "");
    const tokens = text("div", "tokens", "");
    tokens.append(...one.tokens.map(token));
    part.append(text("div", "title", one.title), text("div", "note", one.note), tokens);
    return part;
  }));
}
