// The npm package: a browser gets the widget, and whoever renders pages on a server an import that does nothing.

import test from 'node:test';
import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';

const HOME = new URL('../', import.meta.url);
const { exports: ways, files } = JSON.parse(await readFile(new URL('package.json', HOME), 'utf8'));

test('rendering on a server imports nothing that needs a page', async () => {
  assert.deepEqual({ ...(await import(new URL(ways['.'].node, HOME))) }, {});
  await assert.rejects(import(new URL(ways['.'].default, HOME)), /is not defined/);
});

test('every file that the package names is there, and is packed', async () => {
  for (const path of Object.values(ways['.'])) {
    assert.ok((await stat(new URL(path, HOME))).isFile());
    assert.ok(files.some((pattern) => path.endsWith(pattern.replace('*', ''))), path);
  }
});
