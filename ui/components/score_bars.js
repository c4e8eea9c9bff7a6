// data: {rows: [{name, value, share, own, low, high}]}; shares 0 to 1, low and high may be null
import { element, received } from "./dom.js";

export default function (component) {
  const { rows } = received(component.data);
  const view = component.parentElement.querySelector(".scores");
  view.replaceChildren(...rows.map((row) => {
    const line = element("span", row.own ? "row own" : "row");
    const rail = element("span", "rail"), bar = element("span", "bar");
    bar.style.width = `${100 * row.share}%`;
    rail.append(bar);
    if (row.low !== null) {
      const interval = element("span", "interval");
      interval.style.left = `${100 * row.low}%`;
      interval.style.width = `${100 * (row.high - row.low)}%`;
      rail.append(interval);
    }
    line.append(element("span", { class: "name", title: row.name }, row.name), rail, element("span", "value", row.value));
    return line;
  }));
  view.setAttribute("aria-label", rows.map((row) => `${row.name}: ${row.value}`).join(", "));
}
