// data: {text: string | null, note, without: [parameters that the link leaves out]}
// Copies this page's address. A page that is not on localhost or https may not write to the
// clipboard: the link is then shown, to be copied by hand.
import { received } from "./dom.js";

function linkOf(data) {
  const link = new URL(window.location.href);
  data.without.forEach((name) => link.searchParams.delete(name));
  if (data.text !== null) link.searchParams.set("text", data.text);
  return link.href;
}

export default function ({ data: bytes, parentElement }) {
  const data = received(bytes);
  const [button, input] = ["button", "input"].map((one) => parentElement.querySelector(one));
  const said = parentElement.querySelector(".said");
  parentElement.querySelector(".note").textContent = data.note;
  button.onclick = async () => {
    const link = linkOf(data);
    input.hidden = true;
    try {
      await navigator.clipboard.writeText(link);
      said.textContent = "Copied.";
    } catch {
      said.textContent = "This browser does not let the page copy. The link:";
      input.hidden = false;
      input.value = link;
      input.select();
    }
    clearTimeout(button.wait);
    if (input.hidden) button.wait = setTimeout(() => { said.textContent = ""; }, 4000);
  };
}
