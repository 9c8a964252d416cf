// An agent's text has a small markup (docs/api-reference.md). Here it becomes elements, never HTML. `h` makes an element.

const DEEPEST = 8;
/** Marks that are never closed are looked for up to the end, each: a longer text than any that Discord takes stays plain. */
const LONGEST = 8000;
/** It ends neither with a mark of the sentence around it nor with a parenthesis that it has not opened. */
const LINK = /(https?:\/\/(?:[^\s<>()]|\([^\s<>()]*\))*(?:[^\s<>.,:;"'()\]!?*_~|]|\([^\s<>()]*\)))/g;
/** An escaped mark · a block of code · code · a mark around text · a quoted line · a link. */
const MARKUP = RegExp('\\\\(\\W)|```(?:\\w+\\n)?\\n?([^]+?)\\n?```\\n?|`([^`]+)`|(\\*\\*|__|~~|\\|\\||\\*)(?=\\S)([^]*?[^\\s\\\\])\\4|^> ?(.*\\n?)|' + LINK.source, 'gm');

// Browsers give what _blank opens no way back to the page.
const link = (h, href) => h('a', { href, target: '_blank' }, href);

/**
 * The nodes of an agent's text.
 * @param {(tag: string, props: object, ...children: any[]) => any} h
 * @param {string} text
 * @param {number} [depth] how many marks are around it; more than a few are no longer looked into
 * @returns {(Node | string)[]}
 */
export const format = (h, text, depth = 0) => {
  if (depth > DEEPEST || text.length > LONGEST) return [text];
  const nodes = [];
  let end = 0;
  text.replace(MARKUP, (whole, escaped, block, code, mark, marked, quoted, href, at) => {
    nodes.push(
      text.slice(end, at),
      escaped ||
        (block && h('pre', {}, block)) ||
        (code && h('code', {}, code)) ||
        (href && link(h, href)) ||
        h({ '**': 'strong', __: 'u', '~~': 's', '||': 'mark', '*': 'cite' }[mark] || 'blockquote', mark == '||' ? { tabIndex: 0 } : {}, ...format(h, marked || quoted, depth + 1)),
    );
    end = at + whole.length;
    return '';
  });
  return [...nodes, text.slice(end)];
};

/**
 * The nodes of a visitor's text: plain, with live links.
 * @param {(tag: string, props: object, ...children: any[]) => any} h
 * @param {string} text
 */
export const formatPlain = (h, text) => text.split(LINK).map((piece, index) => (index % 2 ? link(h, piece) : piece));
