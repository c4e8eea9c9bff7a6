// What components share that show tokens: bytes as visible text, and tokens in boxes and lines.
// A token's text is a list of parts [kind, text, character], as ui/token_text.py makes them too:
// "t" text, "m" a mark for what cannot be seen, "n" a mark that ends a line, "x" a byte that is no
// text alone.
import { element } from "./dom.js";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const INVISIBLE = /[\p{C}\p{Z}]/u;
const MARKS = {
  " ": "·", "\t": "⇥", "\n": "↵", "\r": "␍", "\x7f": "␡", "\u00a0": "⍽", "\ufeff": "BOM",
  "\u200b": "ZWSP", "\u200c": "ZWNJ", "\u200d": "ZWJ", "\u200e": "LRM", "\u200f": "RLM",
};
const COLOURS = 5;

// Neighbours differ: tokens.css has these colours.
export const colourOf = (index) => `c${index % COLOURS}`;

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

export function partsOf(bytes) {
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
export const hexOf = (bytes) =>
  [...bytes].map((one) => one.toString(16).toUpperCase().padStart(2, "0")).join(" ");
export const wordsOf = (parts) => parts.map(([, text]) => text).join("");
export const labelOf = (bytes) => wordsOf(partsOf(bytes));

// A space is shown as one, so that a text reads as it was written.
export const spaced = (parts) =>
  parts.map((part) => (part[0] === "m" && part[1] === "·" ? ["t", " "] : part));

// What stands in the DOM for a part.
export function partNode([kind, text]) {
  if (kind === "t") return document.createTextNode(text);
  return element("span", kind === "x" ? "byte" : "mark", text);
}

// The same in a text that is broken into lines: before a mark it may break.
export const breakingNodes = (part) =>
  (part[0] === "m" ? [element("wbr"), partNode(part)] : [partNode(part)]);

// A box with one token in it.
export const tokenBox = (tag, look, parts) => element(tag, look, ...parts.map(partNode));

// Writes tokens line by line. A token that holds a line break goes on in a second span; `put` gets
// each new line. open: whether a line stands ready after a line break, with nothing in it yet.
export class Lines {
  constructor(put, open = false) {
    Object.assign(this, { put, open, line: null });
    if (open) this.next();
  }

  next() {
    this.line = element("div", { class: "line", dir: "auto" });
    this.put(this.line);
  }

  // makeSpan(again): the span for what of the token stands on one line.
  write(parts, makeSpan, draw = breakingNodes) {
    let span = null;
    let again = false;
    for (const part of parts) {
      if (!span) {
        if (!this.line) this.next();
        span = makeSpan(again);
        this.line.append(span);
        again = true;
      }
      span.append(...draw(part));
      if (part[0] !== "n") continue;
      span = this.line = null;
      if (this.open) this.next();
    }
  }
}
