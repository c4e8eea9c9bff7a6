// Each component as Streamlit gets it: one module in which no two files use the same name.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import test from "node:test";
import { pathToFileURL } from "node:url";

const folder = process.env.LAB_BUNDLES;

test("bundles", { skip: !folder }, async (context) => {
  const names = readdirSync(folder);
  assert.ok(names.length > 20);
  for (const name of names) {
    await context.test(name, async () => {
      const made = await import(pathToFileURL(`${folder}/${name}`));
      assert.equal(typeof made.default, "function");
    });
  }
});
