// data: {begun, rest}: a text and how it goes on, line breaks and all
import { received } from "./dom.js";

export default function (component) {
  const { begun, rest } = received(component.data);
  component.parentElement.querySelector("strong").textContent = begun;
  component.parentElement.querySelector("span").textContent = rest;
}
