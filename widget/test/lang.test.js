// Every language has the same words: those that the sources ask for, and the codes that a visitor meets.

import test from 'node:test';
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';

const FOLDER = new URL('../src/', import.meta.url);
const languages = {};
for (const file of await readdir(new URL('lang/', FOLDER))) languages[file] = (await import(new URL('lang/' + file, FOLDER))).default();
const sources = (await Promise.all(['window', 'more', 'controls'].map((name) => readFile(new URL(name + '.js', FOLDER), 'utf8')))).join('\n');
const codes = await readFile(new URL('../../chat/codes.go', FOLDER), 'utf8');

for (const [file, words] of Object.entries(languages)) {
  test(`${file} has the words of the others, and none that nobody says`, () => {
    assert.deepEqual(Object.keys(words).sort(), Object.keys(languages['de.js']).sort());
    for (const key of Object.keys(words)) {
      const isSaid = key == 'dir' || sources.includes(`'${key}'`) || codes.includes(`"${key}"`) || key == 'Hi, how can we help?';
      assert.ok(isSaid, key);
      assert.ok(words[key], key);
    }
  });
}
