import assert from "node:assert/strict";
import test from "node:test";

import "./fake_dom.mjs";
import {
  Lines, breakingNodes, colourOf, hexOf, labelOf, partNode, partsOf, spaced, tokenBox, wordsOf,
} from "../../ui/components/tokens.js";

const bytes = (text) => new TextEncoder().encode(text);
const kinds = (parts) => parts.map(([kind, text]) => [kind, text]);

test("plain text is one part", () => {
  assert.deepEqual(kinds(partsOf(bytes("naïve"))), [["t", "naïve"]]);
  assert.deepEqual(partsOf(bytes("")), [["t", ""]]);
});

test("what cannot be seen gets a mark, and a line break ends the line", () => {
  assert.deepEqual(kinds(partsOf(bytes(" a\n"))), [["m", "·"], ["t", "a"], ["n", "↵"]]);
  assert.deepEqual(kinds(partsOf(bytes("\t\u00a0\u200b\x01\u2028"))),
    [["m", "⇥"], ["m", "⍽"], ["m", "ZWSP"], ["m", "␁"], ["m", "U+2028"]]);
});

test("bytes that are no letter alone stand as bytes, whole letters beside them as text", () => {
  assert.deepEqual(kinds(partsOf(Uint8Array.of(0xf0, 0x61, 0xc3, 0xa9, 0x80))),
    [["x", "\\xf0"], ["t", "a"], ["t", "é"], ["x", "\\x80"]]);
});

test("a mark at the start of a file is not lost", () => {
  assert.deepEqual(kinds(partsOf(bytes("\ufeffa"))), [["m", "BOM"], ["t", "a"]]);
});

test("labels and hexadecimal digits", () => {
  assert.equal(labelOf(bytes(" the\n")), "·the↵");
  assert.equal(hexOf(Uint8Array.of(0, 10, 255)), "00 0A FF");
  assert.equal(wordsOf([["t", "a"], ["m", "·"]]), "a·");
});

test("partsOf agrees with Python", { skip: !process.env.LAB_TOKENS }, () => {
  const told = JSON.parse(process.env.LAB_TOKENS);
  assert.ok(told.length > 10);
  for (const [hex, label] of told) assert.equal(labelOf(Uint8Array.from(Buffer.from(hex, "hex"))), label, hex);
});

test("a space is written as one, several and a real dot are not", () => {
  assert.deepEqual(spaced([["m", "·"], ["t", "·"], ["m", "··"], ["m", "⇥"]]),
    [["t", " "], ["t", "·"], ["m", "··"], ["m", "⇥"]]);
});

test("neighbouring tokens differ in colour, and five colours repeat", () => {
  const colours = Array.from({ length: 10 }, (_, index) => colourOf(index));
  assert.equal(new Set(colours.slice(0, 5)).size, 5);
  assert.deepEqual(colours.slice(5), colours.slice(0, 5));
});

test("parts in the DOM: text stays text, marks and bytes have their class", () => {
  assert.equal(String(partNode(["t", "<b>"])), "&lt;b>");
  assert.equal(String(partNode(["m", "·"])), '<span class="mark">·</span>');
  assert.equal(String(partNode(["n", "↵"])), '<span class="mark">↵</span>');
  assert.equal(String(partNode(["x", "\\xf0"])), '<span class="byte">\\xf0</span>');
  assert.equal(breakingNodes(["m", "·"]).join(""), '<wbr></wbr><span class="mark">·</span>');
  assert.equal(breakingNodes(["n", "↵"]).join(""), '<span class="mark">↵</span>');
  assert.equal(String(tokenBox("b", "cell", [["m", "·"], ["t", "a"]])),
    '<b class="cell"><span class="mark">·</span>a</b>');
});

function written(tokens, open) {
  const lines = [];
  const writer = new Lines((line) => lines.push(line), open);
  const again = [];
  tokens.forEach((parts, index) => writer.write(parts, (more) => {
    if (more) again.push(index);
    return tokenBox("i", "", []);
  }));
  return { lines: lines.map((line) => line.childNodes.map((one) => one.textContent).join("|")), again };
}

test("a token with a line break goes on in a second span on the next line", () => {
  const { lines, again } = written([[["t", "a"]], [["t", "b"], ["n", "↵"], ["t", "c"]], [["t", "d"]]]);
  assert.deepEqual(lines, ["a|b↵", "c|d"]);
  assert.deepEqual(again, [1]);
});

test("after a last line break an open writer has a line ready, another has none", () => {
  const tokens = [[["t", "a"], ["n", "↵"]]];
  assert.deepEqual(written(tokens, false).lines, ["a↵"]);
  assert.deepEqual(written(tokens, true).lines, ["a↵", ""]);
  assert.deepEqual(written([], false).lines, []);
  assert.deepEqual(written([], true).lines, [""]);
});
