// An agent's markup becomes elements, and nothing else does.

import test from 'node:test';
import assert from 'node:assert/strict';
import { format, formatPlain } from '../src/format.js';

/** An element, written out as text. */
const h = (tag, props, ...children) => `<${tag}${props.href ? ' ' + props.href : ''}>${children.join('')}</${tag}>`;
const shown = (text) => format(h, text).join('');

for (const [text, expected] of [
  ['plain', 'plain'],
  ['**bold** and *leaning*', '<strong>bold</strong> and <cite>leaning</cite>'],
  ['__under__ ~~gone~~ ||secret||', '<u>under</u> <s>gone</s> <mark>secret</mark>'],
  ['**both *at* once**', '<strong>both <cite>at</cite> once</strong>'],
  ['`**code**`', '<code>**code**</code>'],
  ['```js\nlet a = 1;\n```', '<pre>let a = 1;</pre>'],
  ['```\nx\n```\nthen', '<pre>x</pre>then'],
  ['> said\nanswered', '<blockquote>said\n</blockquote>answered'],
  ['2 * 3 * 4', '2 * 3 * 4'],
  ['snake_case_name', 'snake_case_name'],
  ['\\*not\\* this', '*not* this'],
  ['**open', '**open'],
  ['<b>no</b>', '<b>no</b>'],
  ['see https://example.com/a?b=c.', 'see <a https://example.com/a?b=c>https://example.com/a?b=c</a>.'],
  ['(https://example.com)', '(<a https://example.com>https://example.com</a>)'],
  ['https://example.com/Go_(game)', '<a https://example.com/Go_(game)>https://example.com/Go_(game)</a>'],
  ['(see https://example.com/Go_(game).)', '(see <a https://example.com/Go_(game)>https://example.com/Go_(game)</a>.)'],
  ['https://example.com/a(b', '<a https://example.com/a>https://example.com/a</a>(b'],
  ['javascript:alert(1)', 'javascript:alert(1)'],
]) {
  test(`shows ${JSON.stringify(text)}`, () => assert.equal(shown(text), expected));
}

test('a visitor’s own words keep their marks', () => {
  assert.equal(formatPlain(h, '**x** https://a.example').join(''), '**x** <a https://a.example>https://a.example</a>');
});

test('no text takes long, or loses a character that is not a mark', () => {
  for (const text of ['*'.repeat(20_000), '`'.repeat(20_000), '||'.repeat(10_000), '\\'.repeat(20_000), '> '.repeat(10_000), 'a*'.repeat(10_000), '**a'.repeat(6_000), 'https://'.repeat(2_000), '__a '.repeat(30_000), 'https://a.b/' + '('.repeat(20_000), 'https://a.b/' + '()'.repeat(20_000) + '.']) {
    shown(text);
  }
});
