// data: {steps: [{year, title, what, source}]}, oldest first. Texts meet the DOM as textContent.
export default function ({ data, parentElement }) {
  const { steps } = JSON.parse(new TextDecoder().decode(data));
  const part = (name, text) => {
    const made = document.createElement(name);
    made.textContent = text;
    return made;
  };
  parentElement.querySelector(".line").replaceChildren(...steps.map((step) => {
    const item = document.createElement("li");
    const year = part("div", step.year);
    year.className = "year";
    const what = document.createElement("div");
    what.className = "what";
    what.append(part("b", step.title), part("p", step.what), part("small", step.source));
    item.append(year, what);
    return item;
  }));
}
