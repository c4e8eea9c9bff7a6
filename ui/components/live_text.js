// Hands a text area's content to Python while one types, a moment after the last key. Streamlit
// itself waits for Ctrl+Enter or for the field to be left, so this presses Ctrl+Enter for it: the
// field stays Streamlit's own, and if it ever stops listening one presses the keys oneself.
// data: {field: key of the text area, wait: milliseconds, most: characters}
import { received } from "./dom.js";

const HIDDEN = "lab-live";

export default function (component) {
  const { field, wait, most } = received(component.data);
  const { parentElement } = component;
  let timer = null;
  const apply = (area) => {
    area.dispatchEvent(new KeyboardEvent("keydown", {
      key: "Enter", code: "Enter", keyCode: 13, ctrlKey: true, bubbles: true, cancelable: true,
    }));
  };
  const typed = (event) => {
    const area = event.target;
    if (!area.matches?.(`.st-key-${field} textarea`)) return;
    clearTimeout(timer);
    const live = area.value.length <= most;
    // "Press Ctrl+Enter to apply" would flicker under every key.
    area.closest(`.st-key-${field}`).classList.toggle(HIDDEN, live);
    // A character that is still being composed (Japanese, an accent) comes with the event's end.
    if (live && !event.isComposing) timer = setTimeout(apply, wait, area);
  };
  parentElement.labStop?.();
  document.addEventListener("input", typed);
  document.addEventListener("compositionend", typed);
  parentElement.labStop = () => {
    clearTimeout(timer);
    document.removeEventListener("input", typed);
    document.removeEventListener("compositionend", typed);
  };
  return parentElement.labStop;
}
