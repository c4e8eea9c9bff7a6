// data: {sliders: [{name, label, help, stops: [text], calm}], at: {name: index}, seen}
// State out: "moved" {at, sent}. A drag sends its first value at once and the next one when the
// answer to it (`seen`) is back, so that the picture follows the hand as fast as the lab can.
const ANSWER_MS = 400; // an answer that got lost must not block the slider

function make(slider) {
  const label = document.createElement("label");
  label.className = "slider";
  const head = document.createElement("span");
  head.className = "head";
  const name = document.createElement("span");
  name.className = "name";
  name.textContent = slider.label;
  name.title = slider.help;
  const value = document.createElement("span");
  value.className = "value";
  head.append(name, value);
  const input = document.createElement("input");
  input.type = "range";
  input.min = 0;
  input.max = slider.stops.length - 1;
  input.step = 1;
  input.name = slider.name;
  input.setAttribute("aria-label", slider.label);
  label.append(head, input);
  return label;
}

export default function ({ data: bytes, parentElement, setStateValue }) {
  const box = parentElement.querySelector(".sliders");
  const data = JSON.parse(new TextDecoder().decode(bytes));
  const kinds = JSON.stringify(data.sliders);
  const lab = (box.lab ??= { sent: 0, waiting: 0, pending: false });
  if (lab.kinds !== kinds) {
    box.replaceChildren(...data.sliders.map(make));
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
