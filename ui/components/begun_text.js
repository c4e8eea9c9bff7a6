// data: {begun, rest}: a text and how it goes on, line breaks and all
export default function (component) {
  const { begun, rest } = JSON.parse(new TextDecoder().decode(component.data));
  component.parentElement.querySelector("strong").textContent = begun;
  component.parentElement.querySelector("span").textContent = rest;
}
