// data: {tokens: [[id, hex bytes, parts]], first: {id: ..}, chosen, hint, colours}
// parts: [[kind, text]] with kind "t" text, "m" visible mark, "x" a byte that is no text alone,
// "n" a line break. Text meets the DOM as textContent only.
function part(kind, text) {
  if (kind === "t") return document.createTextNode(text);
  const span = document.createElement("span");
  span.className = kind === "x" ? "byte" : "mark";
  span.textContent = text;
  return span;
}

function tokenSpan(index, colour) {
  const span = document.createElement("span");
  span.className = `token c${colour}`;
  span.dataset.index = index;
  return span;
}

// A token that holds a line break continues on the next line as a second span of the same index.
function drawText(box, tokens, colours) {
  const lines = [];
  const newLine = () => {
    const line = document.createElement("div");
    line.className = "line";
    line.dir = "auto";
    lines.push(line);
    return line;
  };
  let line = newLine();
  tokens.forEach(([, , parts], index) => {
    let span = tokenSpan(index, index % colours);
    let broken = false;
    for (const [kind, text] of parts) {
      if (broken) {
        line = newLine();
        span = tokenSpan(index, index % colours);
        broken = false;
      }
      if (!span.isConnected && !span.parentNode) line.append(span);
      if (kind === "m") span.append(document.createElement("wbr"));
      span.append(part(kind === "n" ? "m" : kind, text));
      broken = kind === "n";
    }
    if (broken) line = newLine();
  });
  box.replaceChildren(...lines);
  // A gap between tokens would break the joined letters of these scripts.
  box.classList.toggle("apart", !/[\u0590-\u0dff\ufb1d-\ufefc]/.test(box.textContent));
}

function drawIds(box, tokens, colours) {
  box.replaceChildren(...tokens.map(([id], index) => {
    const chip = document.createElement("button");
    chip.type = "button";
    chip.className = `id c${index % colours}`;
    chip.dataset.index = index;
    chip.textContent = id;
    return chip;
  }));
}

export default function (component) {
  const { parentElement, setStateValue } = component;
  const data = JSON.parse(new TextDecoder().decode(component.data));
  const view = parentElement.querySelector(".view");
  const detail = view.querySelector(".detail");
  const drawn = JSON.stringify([data.tokens, data.colours]);
  if (view.drawn !== drawn) {
    drawText(view.querySelector(".text"), data.tokens, data.colours);
    drawIds(view.querySelector(".ids"), data.tokens, data.colours);
    view.drawn = drawn;
  }
  const same = (index) => view.querySelectorAll(`[data-index="${index}"]`);
  const mark = (name, index) => {
    view.querySelectorAll(`.${name}`).forEach((one) => one.classList.remove(name));
    if (index !== null) same(index).forEach((one) => one.classList.add(name));
  };
  const describe = (index) => {
    detail.classList.toggle("told", index !== null);
    if (index === null) { detail.textContent = data.hint; return; }
    const [id, hex, parts] = data.tokens[index];
    const shown = parts.map(([, text]) => text).join("");
    detail.textContent = `token ${index + 1}  ·  id ${id}  ·  bytes ${hex}  ·  ${shown}`;
  };
  const indexOf = (event) => {
    const hit = event.target.closest?.("[data-index]");
    return hit ? Number(hit.dataset.index) : null;
  };
  let chosen = Number.isInteger(data.chosen) ? data.chosen : null;
  mark("chosen", chosen);
  describe(chosen);
  const over = (event) => {
    const index = indexOf(event);
    mark("hover", index);
    describe(index ?? chosen);
  };
  const out = () => { mark("hover", null); describe(chosen); };
  const click = (event) => {
    const index = indexOf(event);
    if (index === null) return;
    chosen = index === chosen ? null : index;
    mark("chosen", chosen);
    setStateValue("token", chosen === null ? null : { index: chosen, id: data.tokens[chosen][0] });
  };
  view.onmouseover = over;
  view.onmouseleave = out;
  view.onfocusin = over;
  view.onclick = click;
}
