import assert from "node:assert/strict";
import test from "node:test";

import "./fake_dom.mjs";
import { drawn, element, floats, integers, received, unpack } from "../../ui/components/dom.js";

test("an element has a class, or attributes, and its children in order", () => {
  assert.equal(String(element("p", "note", "a ", element("b", "", "b"), 0)), '<p class="note">a <b>b</b>0</p>');
  assert.equal(String(element("th", { scope: "row", "aria-label": "x" })), '<th scope="row" aria-label="x"></th>');
});

test("nothing, null and an empty text leave no trace; a number does", () => {
  const made = element("i", "", undefined, null, "", 0);
  assert.equal(made.childNodes.length, 1);
  assert.equal(made.textContent, "0");
  assert.deepEqual(made.attributes, {});
});

test("a button sends no form", () => {
  assert.equal(element("button", "act", "✕").attributes.type, "button");
  assert.equal(element("span").attributes.type, undefined);
});

test("what a user wrote stays text", () => {
  const hostile = "<img src=x onerror=alert(1)>";
  const made = element("span", "", hostile);
  assert.equal(made.childNodes.length, 1);
  assert.equal(made.textContent, hostile);
  assert.ok(!String(made).includes("<img"));
});

test("parts of a picture are of SVG", () => {
  assert.equal(String(drawn("path", { class: "edge", d: "M0 0" })), '<svg:path class="edge" d="M0 0"></svg:path>');
});

test("received reads JSON in bytes", () => {
  assert.deepEqual(received(new TextEncoder().encode('{"text":"é\\n"}')), { text: "é\n" });
});

// As `packed` of ui/components does.
function packed(header, ...buffers) {
  const head = new TextEncoder().encode(JSON.stringify({ ...header, sizes: buffers.map((one) => one.length) }));
  const out = [...new Uint8Array(new Uint32Array([head.length]).buffer), ...head];
  for (const one of buffers) {
    while (out.length % 4) out.push(0);
    out.push(...one);
  }
  return Uint8Array.from(out);
}

test("unpack finds the header and each buffer, whatever their lengths", () => {
  for (const name of ["", "a", "ab", "abc", "abcd"]) {
    const numbers = new Uint8Array(new Uint32Array([7, 4_000_000_000]).buffer);
    const shares = new Uint8Array(new Float32Array([0.5, -2]).buffer);
    const data = unpack(packed({ name }, Uint8Array.of(1, 2, 3), numbers, Uint8Array.of(), shares));
    assert.equal(data.name, name);
    assert.deepEqual([...data.buffers[0]], [1, 2, 3]);
    assert.deepEqual([...integers(data.buffers[1])], [7, 4_000_000_000]);
    assert.equal(data.buffers[2].length, 0);
    assert.deepEqual([...floats(data.buffers[3])], [0.5, -2]);
  }
});

test("unpack reads a message that begins inside a larger buffer", () => {
  const message = packed({ n: 1 }, new Uint8Array(new Uint32Array([9]).buffer));
  const whole = new Uint8Array(message.length + 3);
  whole.set(message, 3);
  assert.deepEqual([...integers(unpack(whole.subarray(3)).buffers[0])], [9]);
});

test("unpack reads what Python packed", { skip: !process.env.LAB_PACKED }, () => {
  const data = unpack(Uint8Array.from(Buffer.from(process.env.LAB_PACKED, "hex")));
  assert.equal(data.name, "tökén");
  assert.deepEqual(data.buffers.map((one) => one.length), [3, 8, 8]);
  assert.equal(new TextDecoder().decode(data.buffers[0]), "a\nb");
  assert.deepEqual([...integers(data.buffers[1])], [1, 70000]);
  assert.deepEqual([...floats(data.buffers[2])], [0.5, -2]);
});
