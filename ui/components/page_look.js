// Boxes of Streamlit's that scroll (`scroll_box` in ui/scroll_box.py) can be reached by keyboard: each
// gets a tab stop, a role and the name that its key spells.
const SIGN = "st-key-scroll_";

function dress() {
  document.querySelectorAll(`[class*="${SIGN}"]:not([tabindex])`).forEach((box) => {
    const key = [...box.classList].find((one) => one.startsWith(SIGN)).slice(SIGN.length);
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", key.split("--")[0].replaceAll("_", " "));
  });
}

export default function () {
  let waiting = false;
  const watch = new MutationObserver(() => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; dress(); });
  });
  watch.observe(document.body, { childList: true, subtree: true });
  dress();
  return () => watch.disconnect();
}
