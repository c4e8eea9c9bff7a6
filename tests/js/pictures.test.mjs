import assert from "node:assert/strict";
import test from "node:test";

import { channels, everyOne, fitted, opacities, rgba } from "../../ui/components/pictures.js";

const pen = { measureText: (text) => ({ width: 10 * [...text].length }) };

test("a colour of the theme is read from its CSS variable", () => {
  globalThis.getComputedStyle = () => ({ getPropertyValue: (name) => (name === "--petrol" ? " 18, 133, 126" : "") });
  assert.deepEqual(channels(null, "petrol"), [18, 133, 126]);
  assert.equal(rgba([18, 133, 126], 0.5), "rgba(18, 133, 126, 0.5)");
});

test("opacities hit the stops and rise between them", () => {
  const made = opacities("0 0.04, 0.25 0.3, 0.5 0.58, 1 1");
  assert.equal(made.length, 256);
  assert.ok(Math.abs(made[0] - 0.04) < 1e-12);
  assert.ok(Math.abs(made[255] - 1) < 1e-12);
  assert.ok(Math.abs(made[51] - (0.04 + (0.2 / 0.25) * 0.26)) < 1e-12);
  assert.ok(made.every((one, byte) => byte === 0 || one > made[byte - 1]));
});

test("a label that has room stays whole, another loses its end", () => {
  assert.equal(fitted(pen, "token", 50), "token");
  assert.equal(fitted(pen, "token", 49), "tok…");
  assert.equal(fitted(pen, "token", 1), "t…");
});

test("a letter of two code units is never cut in half", () => {
  assert.equal(fitted(pen, "😀😀😀", 25), "😀…");
});

test("labels stand as close as their height allows", () => {
  assert.equal(everyOne(10, 11), 1);
  assert.equal(everyOne(10, 10), 2);
  assert.equal(everyOne(10, 2), 6);
});
