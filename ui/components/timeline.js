// data: {steps: [{year, title, what, source}]}, oldest first. Texts meet the DOM as text only.
import { element, received } from "./dom.js";

export default function ({ data, parentElement }) {
  const { steps } = received(data);
  parentElement.querySelector(".line").replaceChildren(...steps.map((step) => element("li", "",
    element("div", "year", step.year),
    element("div", "what", element("b", "", step.title), element("p", "", step.what),
      element("small", "", step.source)))));
}
