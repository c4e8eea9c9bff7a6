// data: {tokens: [[parts, value]], largest, label, hint}. Text meets the DOM as textContent only.
const TOWARDS = "18, 133, 126";
const AGAINST = "209, 122, 27";

function signed(value) {
  return `${value < 0 ? "\u2212" : "+"}${Math.abs(value).toFixed(2)}`;
}

function wordsOf(parts) {
  return parts.map(([, text]) => text).join("");
}

function token([parts, value], data, say) {
  const box = document.createElement("span");
  box.className = "token";
  box.tabIndex = 0;
  box.setAttribute("role", "listitem");
  const share = Math.min(1, Math.abs(value) / data.largest);
  box.style.background = `rgba(${value < 0 ? AGAINST : TOWARDS}, ${(0.75 * share).toFixed(3)})`;
  for (const [kind, text] of parts) {
    const part = document.createElement("span");
    // A space is shown as one, so that the text reads as it was written.
    part.textContent = text === "·" && kind === "m" ? " " : text;
    if (kind !== "t" && part.textContent !== " ") part.className = "mark";
    box.append(part);
    if (kind === "n") box.append(document.createElement("br"));
  }
  const sentence = `${wordsOf(parts)}: ${signed(value)} ${value < 0 ? "away from" : "towards"} ${data.label}`;
  box.setAttribute("aria-label", sentence);
  box.addEventListener("mouseenter", () => say(sentence));
  box.addEventListener("focus", () => say(sentence));
  return box;
}

export default function (component) {
  const data = JSON.parse(new TextDecoder().decode(component.data));
  const root = component.parentElement;
  const said = root.querySelector(".said");
  const say = (words) => { said.textContent = words; };
  say(data.hint);
  root.querySelector(".against").textContent = `away from ${data.label}`;
  root.querySelector(".towards").textContent = `towards ${data.label}`;
  root.querySelector(".tokens").replaceChildren(...data.tokens.map((one) => token(one, data, say)));
}
