// Half of a surrogate pair (a pasted text that was cut inside an emoji) cannot be sent to Python:
// Streamlit's connection breaks over it and stays broken until the page is loaded again. So it
// becomes U+FFFD before Streamlit reads the field.
const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

function repair(event) {
  const field = event.composedPath()[0];
  const text = field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement;
  if (!text || event.isComposing || field.type === "file") return;
  const whole = field.value.replace(LONE, "\ufffd");
  if (whole === field.value) return;
  // React keeps its own setter on the element; the prototype's lets it see the change.
  const owner = Object.getPrototypeOf(field);
  const caret = field.selectionStart;
  Object.getOwnPropertyDescriptor(owner, "value").set.call(field, whole);
  if (caret !== null) field.setSelectionRange(caret, caret);
}

export default function () {
  // Capturing on the document comes before React's listeners on its root.
  document.addEventListener("input", repair, true);
  return () => document.removeEventListener("input", repair, true);
}
