// data: {rows: [{name, value, share, own, low, high}]}; shares 0 to 1, low and high may be null
function part(className, text) {
  const one = document.createElement("span");
  one.className = className;
  if (text !== undefined) one.textContent = text;
  return one;
}

export default function (component) {
  const { rows } = JSON.parse(new TextDecoder().decode(component.data));
  const view = component.parentElement.querySelector(".scores");
  view.replaceChildren(...rows.map((row) => {
    const line = part(row.own ? "row own" : "row");
    const rail = part("rail"), bar = part("bar");
    bar.style.width = `${100 * row.share}%`;
    rail.append(bar);
    if (row.low !== null) {
      const interval = part("interval");
      interval.style.left = `${100 * row.low}%`;
      interval.style.width = `${100 * (row.high - row.low)}%`;
      rail.append(interval);
    }
    const name = part("name", row.name);
    name.title = row.name;
    line.append(name, rail, part("value", row.value));
    return line;
  }));
  view.setAttribute("aria-label", rows.map((row) => `${row.name}: ${row.value}`).join(", "));
}
