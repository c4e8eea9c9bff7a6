// data: {parts: [[name, bytes, written, colour]], available, available_written}
import { element, received } from "./dom.js";

function coloured(colour) {
  const one = element("i");
  one.style.background = colour;
  return one;
}

export default function (component) {
  const data = received(component.data);
  const view = component.parentElement.querySelector(".memory");
  const needed = data.parts.reduce((sum, [, bytes]) => sum + bytes, 0);
  const over = needed > data.available;
  // Where much is free the bar would be a hair: then it is drawn on a tenth of a rail or more.
  const whole = over ? needed * 1.02 : Math.min(data.available, needed * 10);
  view.classList.toggle("over", over);
  view.querySelector(".parts").replaceChildren(...data.parts.map(([, bytes, , colour]) => {
    const part = coloured(colour);
    part.style.width = `${(100 * bytes) / whole}%`;
    return part;
  }));
  const limit = view.querySelector(".limit");
  limit.hidden = data.available > whole;
  limit.style.left = `${(100 * data.available) / whole}%`;
  view.querySelector(".legend").replaceChildren(
    ...data.parts.map(([name, , written, colour]) => element("span", "", coloured(colour), `${name} ${written}`)),
    element("span", "available", `of ${data.available_written} available`));
  view.querySelector(".rail").setAttribute("aria-label",
    data.parts.map(([name, , written]) => `${name} ${written}`).join(", "));
}
