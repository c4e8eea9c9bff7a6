// Contrast (WCAG 2.2, 1.4.3) of every text that can be seen, also inside components:
// [{ratio, size, colour, behind, text, where}] of those below what is asked for.
() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const rgba = (written) => {
    if (!known.has(written)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = "rgba(0,0,0,0)";
      canvas.fillStyle = written;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      known.set(written, [r, g, b, a / 255]);
    }
    return known.get(written);
  };
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  const light = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((one) => {
      const s = one / 255;
      return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => {
    const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05);
  };
  const parent = (node) => node.parentElement ?? node.getRootNode().host ?? null;
  const painted = (node) => {
    const style = getComputedStyle(node);
    return [rgba(style.backgroundColor), Number(style.opacity)];
  };
  // What lies behind a node, and the opacity that it and its ancestors give to its text.
  const behind = (node) => {
    const layers = [];
    // Of a small box that the text sticks out of (a value above its slider's knob) only the
    // opacity counts.
    const at = node.getBoundingClientRect(), x = at.x + at.width / 2, y = at.y + at.height / 2;
    for (let one = node; one; one = parent(one)) {
      const [background, opacity] = painted(one), box = one.getBoundingClientRect();
      const holds = box.height > 30 ||
        (x >= box.left && x <= box.right && y >= box.top && y <= box.bottom);
      layers.push([holds ? background : [0, 0, 0, 0], opacity]);
    }
    let colour = [255, 255, 255, 1], whole = 1;
    for (const [background, opacity] of layers.reverse()) {
      whole *= opacity;
      colour = over([...background.slice(0, 3), background[3] * whole], colour);
    }
    return [colour, whole];
  };
  const found = [], seen = new Set();
  const visible = (node) => node.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const look = (node, text) => {
    const style = getComputedStyle(node), box = node.getBoundingClientRect();
    if (!visible(node) || box.width < 2 || box.height < 2) return;
    if (node.closest("[disabled], [aria-disabled=true], [aria-hidden=true], .sr-only")) return;
    if (/Material|icon/i.test(style.fontFamily)) return;
    if (style.color === "rgba(0, 0, 0, 0)" || style.clipPath === "inset(50%)") return;
    const svg = node instanceof SVGElement;
    // A number on a cell of a heatmap: what is drawn behind is no ancestor.
    if (svg && node.closest(".textpoint, .heatmaplayer, .bartext")) return;
    const [colour, opacity] = behind(node);
    const own = rgba(svg ? style.fill : style.color);
    const alpha = own[3] * opacity * (svg ? Number(style.fillOpacity) : 1);
    const shown = over([...own.slice(0, 3), alpha], colour);
    const size = parseFloat(style.fontSize), bold = Number(style.fontWeight) >= 700;
    // Signs for blanks and line ends are no text of their own: as for other graphics.
    const sign = node.classList.contains("mark");
    const asked = sign || size >= 24 || (bold && size >= 18.66) ? 3 : 4.5;
    const now = ratio(shown, colour);
    if (now >= asked - 0.005) return;
    const hex = (c) => "#" + c.slice(0, 3).map((one) => Math.round(one).toString(16).padStart(2, "0")).join("");
    const path = [];
    for (let one = node; one && path.length < 4; one = parent(one)) {
      path.push(one.getAttribute("data-testid") ?? (one.getAttribute("class") || one.localName).slice(0, 30));
    }
    const where = path.join(" < ");
    const key = `${hex(shown)} ${hex(colour)} ${where}`;
    if (seen.has(key)) return;
    seen.add(key);
    found.push({ ratio: Math.round(now * 100) / 100, size, colour: hex(shown), behind: hex(colour),
      text: text.trim().slice(0, 40), where });
  };
  const walk = (root) => {
    for (const node of root.childNodes) {
      if (node.nodeType === Node.TEXT_NODE && node.data.trim() && node.parentElement) {
        look(node.parentElement, node.data);
      }
      if (node.nodeType !== Node.ELEMENT_NODE || ["STYLE", "SCRIPT", "TEMPLATE", "NOSCRIPT"].includes(node.tagName)) continue;
      if (node.shadowRoot) walk(node.shadowRoot);
      walk(node);
    }
  };
  walk(document.body);
  return found;
}
