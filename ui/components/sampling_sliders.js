// data: {sliders: [{name, label, help, stops: [text], calm}], at: {name: index}, seen}
// State out: "moved" {at, sent}. A drag sends its first value at once and the next one when the
// answer to it (`seen`) is back, so that the picture follows the hand as fast as the lab can.
import { element, received } from "./dom.js";

const ANSWER_MS = 400; // an answer that got lost must not block the slider

function sliderOf({ name, label, help, stops }) {
  const head = element("span", "head", element("span", { class: "name", title: help }, label),
    element("span", "value"));
  return element("label", "slider", head, element("input", { type: "range", min: 0,
    max: stops.length - 1, step: 1, name, "aria-label": label }));
}

export default function ({ data: bytes, parentElement, setStateValue }) {
  const box = parentElement.querySelector(".sliders");
  const data = received(bytes);
  const kinds = JSON.stringify(data.sliders);
  const lab = (box.lab ??= { sent: 0, waiting: 0, pending: false });
  if (lab.kinds !== kinds) {
    box.replaceChildren(...data.sliders.map(sliderOf));
    lab.kinds = kinds;
  }
  const show = (input, index) => {
    const slider = data.sliders.find((one) => one.name === input.name);
    const text = slider.stops[index];
    input.parentElement.querySelector(".value").textContent = text;
    input.parentElement.classList.toggle("calm", index === slider.calm);
    input.setAttribute("aria-valuetext", text);
  };
  const inputs = [...box.querySelectorAll("input")];
  lab.sent = Math.max(lab.sent, data.seen);
  const answered = data.seen >= lab.sent;
  if (answered && !lab.pending) {
    for (const input of inputs) {
      input.value = data.at[input.name];
      show(input, data.at[input.name]);
    }
  }
  lab.send = () => {
    lab.pending = false;
    lab.sent += 1;
    lab.waiting = lab.sent;
    clearTimeout(lab.timer);
    lab.timer = setTimeout(() => { lab.waiting = 0; if (lab.pending) lab.send(); }, ANSWER_MS);
    const at = Object.fromEntries(inputs.map((input) => [input.name, Number(input.value)]));
    setStateValue("moved", { at, sent: lab.sent });
  };
  if (lab.waiting && data.seen >= lab.waiting) {
    lab.waiting = 0;
    clearTimeout(lab.timer);
    if (lab.pending) lab.send();
  }
  box.oninput = (event) => {
    show(event.target, Number(event.target.value));
    if (lab.waiting) lab.pending = true;
    else lab.send();
  };
}
