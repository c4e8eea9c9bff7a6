// Tensors as heatmaps on canvas: 64 tokens by thousands of channels are drawn in milliseconds.
// Header: {panels: [{symbol, shape, note, rows, columns, limit,
// shares, names, number}], labels, chosen: {panel, row, column}, row}; one float32 buffer for each
// panel. names: labels of the columns, or null for numbers; number: what a column is called.
// Pointing reads a number; a click, or Enter after the arrow keys, asks for {panel, row, column}.
import { element, floats, unpack } from "./dom.js";
import { channels, everyOne, fitted, rgba } from "./pictures.js";

const GUTTER = 92, TOP = 16, TOP_NAMES = 66, NAME_ROOM = 60, FOOT = 4;
const FLAT = 0.6, STEEP = 1.1; // how names lean, in radians

function written(value) {
  if (value === -Infinity) return "−∞";
  if (!Number.isFinite(value)) return "none";
  const size = Math.abs(value);
  const text = size !== 0 && (size < 0.001 || size >= 1e5) ? value.toExponential(2) : value.toFixed(3);
  return text.replace("-", "−");
}

function rowHeight(rows) {
  return rows <= 2 ? 30 : rows <= 14 ? 22 : rows <= 24 ? 18 : rows <= 40 ? 14 : 11;
}

// One pixel a cell; the canvas stretches it. Nothing is transparent, so both themes show through.
function picture(panel, values, up, down) {
  const { rows, columns, limit, shares } = panel;
  const canvas = element("canvas");
  canvas.width = columns;
  canvas.height = rows;
  const image = new ImageData(columns, rows);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    const share = Number.isFinite(value) ? Math.min(1, Math.abs(value) / limit) : 0;
    const opacity = Math.round(255 * (shares ? Math.sqrt(share) : share));
    image.data.set([...(value < 0 ? down : up), opacity], 4 * i);
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

class Panel {
  constructor(view, at, panel, values) {
    Object.assign(this, { view, at, panel, values, cell: null });
    this.image = picture(panel, values, view.up, view.down);
    this.canvas = element("canvas", { tabindex: 0, role: "img",
      "aria-label": `Heatmap of ${panel.symbol}, ${panel.shape}; arrow keys read its numbers` });
    const head = element("h4", "", panel.symbol, " ", element("small", "", panel.shape));
    this.box = element("div", "panel", head, this.canvas, this.key());
    this.canvas.onpointermove = (event) => this.point(this.under(event));
    this.canvas.onpointerleave = () => this.point(null);
    this.canvas.onclick = (event) => this.choose(this.under(event));
    this.canvas.onkeydown = (event) => this.keyed(event);
  }

  key() {
    const { limit, shares } = this.panel;
    const line = element("div", "key");
    const bar = element("i");
    bar.style.background = shares ? "linear-gradient(90deg, transparent, rgba(var(--petrol), 0.5) 25%, rgb(var(--petrol)))"
      : "linear-gradient(90deg, rgb(var(--rust)), transparent, rgb(var(--petrol)))";
    line.append(shares ? "0" : written(-limit), bar, written(limit));
    if (this.panel.note) line.append(element("span", "note", this.panel.note));
    return line;
  }

  // ---- where the cells are

  measure() {
    const { rows, columns, names } = this.panel;
    const width = this.canvas.clientWidth;
    this.top = names ? TOP_NAMES : TOP;
    this.high = rowHeight(rows);
    const beside = names ? NAME_ROOM * Math.cos(STEEP) : 0;  // the last name leans out
    this.wide = Math.min((width - GUTTER - beside) / columns, names ? 46 : 30);
    this.canvas.style.height = `${this.top + rows * this.high + FOOT}px`;
    return width;
  }

  under(event) {
    const box = this.canvas.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left - GUTTER) / this.wide);
    const row = Math.floor((event.clientY - box.top - this.top) / this.high);
    const { rows, columns } = this.panel;
    if (row < 0 || row >= rows || column >= columns || event.clientX - box.left < 0) return null;
    return { row, column: Math.max(0, column) };
  }

  // ---- what one sees

  draw() {
    const width = this.measure();
    if (!width) return;
    const { rows, columns } = this.panel;
    const ratio = window.devicePixelRatio || 1;
    const height = this.top + rows * this.high + FOOT;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    const pen = this.canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const style = getComputedStyle(this.canvas);
    this.ink = style.color;
    this.font = style.fontFamily;
    pen.imageSmoothingEnabled = this.wide < 1;
    pen.drawImage(this.image, GUTTER, this.top, columns * this.wide, rows * this.high);
    this.grid(pen);
    this.names(pen);
    this.numbers(pen);
    this.frames(pen);
  }

  grid(pen) {
    const { rows, columns } = this.panel;
    const [right, bottom] = [GUTTER + columns * this.wide, this.top + rows * this.high];
    pen.strokeStyle = rgba(this.view.slate, 0.28);
    pen.lineWidth = 1;
    pen.strokeRect(GUTTER + 0.5, this.top + 0.5, right - GUTTER - 1, bottom - this.top - 1);
    for (const at of this.panel.cuts ?? []) {
      pen.beginPath();
      pen.moveTo(GUTTER + at * this.wide, this.top - 6);
      pen.lineTo(GUTTER + at * this.wide, bottom);
      pen.strokeStyle = rgba(this.view.slate, 0.9);
      pen.stroke();
    }
    // What is minus infinity, or hidden from a token, is hatched: no number is there.
    pen.strokeStyle = rgba(this.view.slate, 0.45);
    pen.beginPath();
    this.values.forEach((value, i) => {
      if (Number.isFinite(value)) return;
      const [x, y] = [GUTTER + (i % columns) * this.wide, this.top + Math.floor(i / columns) * this.high];
      pen.moveTo(x, y + this.high);
      pen.lineTo(x + this.wide, y);
    });
    pen.stroke();
  }

  names(pen) {
    const { rows, columns, names } = this.panel;
    pen.fillStyle = this.ink;
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    for (let row = 0; row < rows; row++) {
      const chosen = row === this.view.data.row;
      pen.font = `${chosen ? 700 : 400} ${Math.min(13, this.high - 1)}px ${this.font}`;
      pen.globalAlpha = chosen ? 1 : 0.8;
      pen.fillText(this.view.data.labels[row] ?? "", GUTTER - 7, this.top + (row + 0.5) * this.high, GUTTER - 8);
    }
    pen.globalAlpha = 0.8;
    pen.font = `400 ${names ? Math.max(9, Math.min(13, this.wide - 1)) : 10}px ${this.font}`;
    if (names) this.slanted(pen, names);
    else this.counted(pen, columns);
    pen.globalAlpha = 1;
  }

  slanted(pen, names) {
    const angle = this.wide >= 40 ? FLAT : STEEP;
    const step = everyOne(parseFloat(pen.font.match(/[\d.]+px/)), this.wide * Math.sin(angle));
    pen.textAlign = "left";
    names.forEach((name, column) => {
      if (column % step) return;
      pen.save();
      pen.translate(GUTTER + (column + 0.5) * this.wide, this.top - 5);
      pen.rotate(-angle);
      pen.fillText(fitted(pen, name, NAME_ROOM), 0, 0);
      pen.restore();
    });
  }

  counted(pen, columns) {
    const step = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024].find((one) => one * this.wide >= 34) ?? 2048;
    pen.textAlign = "center";
    for (let column = 0; column < columns; column += step) {
      pen.fillText(String(column), GUTTER + (column + 0.5) * this.wide, this.top - 8);
    }
  }

  numbers(pen) {
    if (this.wide < 29 || this.high < 16) return;
    pen.font = `400 10px ${this.font}`;
    pen.textAlign = "center";
    this.values.forEach((value, i) => {
      const { columns, limit } = this.panel;
      const x = GUTTER + ((i % columns) + 0.5) * this.wide;
      const y = this.top + (Math.floor(i / columns) + 0.5) * this.high;
      pen.fillStyle = Number.isFinite(value) && Math.abs(value) > 0.62 * limit ? "#fff" : this.ink;
      const text = value === -Infinity ? "−∞" : value.toFixed(2).replace(/^-0\.00$/, "0.00");
      pen.fillText(text.replace("-", "−"), x, y, this.wide - 2);
    });
  }

  frames(pen) {
    const { row, chosen } = this.view.data;
    const { rows, columns } = this.panel;
    pen.strokeStyle = this.ink;
    if (row < rows) {
      pen.lineWidth = 1;
      pen.strokeRect(GUTTER - 0.5, this.top + row * this.high + 0.5, columns * this.wide + 1, this.high - 1);
    }
    const frame = (cell, width) => {
      pen.lineWidth = width;
      const wide = Math.max(this.wide, 4);
      pen.strokeRect(GUTTER + (cell.column + 0.5) * this.wide - wide / 2, this.top + cell.row * this.high, wide, this.high);
    };
    if (chosen && chosen.panel === this.at && chosen.row < rows) frame(chosen, 2.5);
    if (this.cell) frame(this.cell, 1.5);
  }

  // ---- what one does

  point(cell) {
    if (cell?.row === this.cell?.row && cell?.column === this.cell?.column) return;
    this.cell = cell;
    this.draw();
    this.view.tell(this, cell);
  }

  choose(cell) {
    if (cell) this.view.choose({ panel: this.at, ...cell });
  }

  keyed(event) {
    const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (event.key === "Enter") this.choose(this.cell);
    if (!move) return;
    event.preventDefault();
    event.stopPropagation();
    const { rows, columns } = this.panel;
    const from = this.cell ?? this.view.data.chosen ?? { row: 0, column: 0 };
    this.point({
      row: Math.max(0, Math.min(rows - 1, from.row + move[0])),
      column: Math.max(0, Math.min(columns - 1, from.column + move[1])),
    });
  }
}

class View {
  constructor(root) {
    this.root = root;
    [this.up, this.down, this.slate] = ["petrol", "rust", "slate"].map((name) => channels(root, name));
  }

  take(data, ask) {
    Object.assign(this, { data, ask });
    this.panels = data.panels.map((panel, at) => new Panel(this, at, panel, floats(data.buffers[at])));
    this.root.querySelector(".panels").replaceChildren(...this.panels.map((one) => one.box));
    this.draw();
    this.tell(null, null);
  }

  draw() { this.panels?.forEach((panel) => panel.draw()); }

  tell(from, cell) {
    const line = this.root.querySelector(".told");
    if (!cell) { line.textContent = "Point at a cell to read its number; click it to see how it arises."; return; }
    const { panel, values } = from;
    const column = panel.names ? `${panel.number} ${panel.names[cell.column]}` : `${panel.number} ${cell.column}`;
    const value = written(values[cell.row * panel.columns + cell.column]);
    line.textContent = `${this.data.labels[cell.row]}, ${column}: ${value}`;
  }

  choose(cell) {
    this.data.chosen = cell;
    this.data.row = cell.row;
    this.draw();
    this.ask(cell);
  }
}

export default function ({ data: bytes, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".tensors");
  root.view ??= new View(root);
  root.view.take(unpack(bytes), (cell) => setTriggerValue("cell", cell));
  const observer = new ResizeObserver(() => root.view.draw());
  observer.observe(root);
  return () => observer.disconnect();
}
