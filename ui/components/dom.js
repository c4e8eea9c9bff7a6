// What all components share: elements, drawings, and the data that Python hands in.
const SVG = "http://www.w3.org/2000/svg";
const decoder = new TextDecoder();

// `look`: the class, or an object of attributes. `children`: nodes, or what is shown as text;
// nothing that users or models wrote is ever read as HTML.
function dressed(made, look, children) {
  const attributes = typeof look === "string" ? { class: look } : look;
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== "") made.setAttribute(name, value);
  }
  made.append(...children.filter((one) => one !== undefined && one !== null && one !== ""));
  return made;
}

export function element(tag, look = "", ...children) {
  const made = document.createElement(tag);
  if (tag === "button") made.type = "button";
  return dressed(made, look, children);
}

// The same for a part of an SVG picture.
export function drawn(tag, look = "", ...children) {
  return dressed(document.createElementNS(SVG, tag), look, children);
}

// What `payload` of ui/components packed.
export const received = (bytes) => JSON.parse(decoder.decode(bytes));

// What `packed` packed: its header, with the raw buffers as `buffers`.
export function unpack(bytes) {
  const whole = bytes.slice();
  let at = 4 + new DataView(whole.buffer).getUint32(0, true);
  const data = received(whole.subarray(4, at));
  data.buffers = data.sizes.map((size) => {
    at = (at + 3) & ~3;
    const part = whole.subarray(at, at + size);
    at += size;
    return part;
  });
  return data;
}

// A buffer as numbers, in place.
export const integers = (part) => new Uint32Array(part.buffer, part.byteOffset, part.length / 4);
export const floats = (part) => new Float32Array(part.buffer, part.byteOffset, part.length / 4);
