// What components share that draw on a canvas: the theme's colours, and labels that have room.

// A colour of the theme ("petrol") as numbers [red, green, blue]: a canvas reads no CSS variable.
export function channels(view, name) {
  return getComputedStyle(view).getPropertyValue(`--${name}`).split(",").map(Number);
}

export const rgba = (colour, share) => `rgba(${colour.join(", ")}, ${share})`;

// How opaque each of 256 values is drawn, by stops as `--sequential` writes them: "0 0.04, 1 1".
export function opacities(written) {
  const stops = written.split(",").map((one) => one.trim().split(/\s+/).map(Number));
  return Array.from({ length: 256 }, (_, byte) => {
    const x = byte / 255;
    const at = Math.max(1, stops.findIndex(([stop]) => x <= stop));
    const [[a, low], [b, high]] = [stops[at - 1], stops[at]];
    return low + ((x - a) / (b - a)) * (high - low);
  });
}

// As much of a label as has room.
export function fitted(pen, label, room) {
  if (pen.measureText(label).width <= room) return label;
  const signs = [...label];
  while (signs.length > 1 && pen.measureText(`${signs.join("")}…`).width > room) signs.pop();
  return `${signs.join("")}…`;
}

// Every how many-th label is drawn, so that lines of `size` pixels stay apart where a row or column
// is `cell` pixels.
export const everyOne = (size, cell) => Math.ceil((size + 1) / cell);
