// What components share that show tokens: reading `packed` data, and bytes as visible text.
const loose = new TextDecoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const INVISIBLE = /[\p{C}\p{Z}]/u;
const SPACE = /[\t\n\r\p{Zs}]/u;
const MARKS = {
  " ": "·", "\t": "⇥", "\n": "↵", "\r": "␍", "\x7f": "␡", "\u00a0": "⍽", "\ufeff": "BOM",
  "\u200b": "ZWSP", "\u200c": "ZWNJ", "\u200d": "ZWJ", "\u200e": "LRM", "\u200f": "RLM",
};

function unpack(bytes) {
  const whole = bytes.slice();
  let at = 4 + new DataView(whole.buffer).getUint32(0, true);
  const data = JSON.parse(loose.decode(whole.subarray(4, at)));
  data.buffers = data.sizes.map((size) => {
    at = (at + 3) & ~3;
    const part = whole.subarray(at, at + size);
    at += size;
    return part;
  });
  return data;
}

const words = (part) => new Uint32Array(part.buffer, part.byteOffset, part.length / 4);

// The bytes of a token as [kind, text, character] parts, as ui/token_text.py does: "t" text, "m" a mark
// for what cannot be seen, "n" a mark that ends a line, "x" a byte that is no text alone.

function sign(character) {
  if (!INVISIBLE.test(character)) return ["t", character];
  const code = character.codePointAt(0);
  const mark = MARKS[character]
    ?? (code < 32 ? String.fromCharCode(0x2400 + code)
      : `U+${code.toString(16).toUpperCase().padStart(4, "0")}`);
  return [character === "\n" ? "n" : "m", mark, character];
}

function decoded(bytes) {
  try { return strict.decode(bytes); } catch { return null; }
}

function partsOf(bytes) {
  const whole = decoded(bytes);
  if (whole !== null) return INVISIBLE.test(whole) ? [...whole].map(sign) : [["t", whole]];
  const parts = [];
  for (let at = 0; at < bytes.length;) {
    const lengths = [1, 2, 3, 4].filter((length) => at + length <= bytes.length);
    const length = lengths.find((one) => decoded(bytes.subarray(at, at + one)) !== null);
    if (length) parts.push(sign(decoded(bytes.subarray(at, at + length))));
    else parts.push(["x", byteLabel(bytes[at])]);
    at += length ?? 1;
  }
  return parts;
}

// Half a letter, as `bytes_as_text` of llmcore/texts.py writes it.
const byteLabel = (byte) => `\\x${byte.toString(16).padStart(2, "0")}`;
const hexOf = (bytes) =>
  [...bytes].map((one) => one.toString(16).toUpperCase().padStart(2, "0")).join(" ");
const labelOf = (bytes) => partsOf(bytes).map(([, text]) => text).join("");

// Labels on a canvas: as much of one as has room, and every how many-th one, so that lines of
// `size` pixels stay apart where a row or column is `cell` pixels.

function fitted(pen, label, room) {
  if (pen.measureText(label).width <= room) return label;
  const signs = [...label];
  while (signs.length > 1 && pen.measureText(`${signs.join("")}…`).width > room) signs.pop();
  return `${signs.join("")}…`;
}

const everyOne = (size, cell) => Math.ceil((size + 1) / cell);
