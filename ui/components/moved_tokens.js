// data: {tokens: [[parts, value]], largest, label, hint}. Text meets the DOM as textContent only.
import { element, received } from "./dom.js";
import { partNode, spaced, wordsOf } from "./tokens.js";

function signed(value) {
  return `${value < 0 ? "\u2212" : "+"}${Math.abs(value).toFixed(2)}`;
}

function token([parts, value], data, say) {
  const box = element("span", { class: "token", tabindex: 0, role: "listitem" });
  const share = Math.min(1, Math.abs(value) / data.largest);
  const colour = value < 0 ? "--amber" : "--petrol";
  box.style.background = `rgba(var(${colour}), ${(0.75 * share).toFixed(3)})`;
  for (const part of spaced(parts)) {
    box.append(partNode(part));
    if (part[0] === "n") box.append(element("br"));
  }
  const sentence = `${wordsOf(parts)}: ${signed(value)} ${value < 0 ? "away from" : "towards"} ${data.label}`;
  box.setAttribute("aria-label", sentence);
  box.addEventListener("mouseenter", () => say(sentence));
  box.addEventListener("focus", () => say(sentence));
  return box;
}

export default function (component) {
  const data = received(component.data);
  const root = component.parentElement;
  const said = root.querySelector(".said");
  const say = (words) => { said.textContent = words; };
  say(data.hint);
  root.querySelector(".against").textContent = `away from ${data.label}`;
  root.querySelector(".towards").textContent = `towards ${data.label}`;
  root.querySelector(".tokens").replaceChildren(...data.tokens.map((one) => token(one, data, say)));
}
