// Reads texts as a Discord client would, with parsers that this project did not write.
//
// In: one JSON string a line. Out: one JSON array a line, one verdict a parser:
// {parser, text, links, marks, styled}: what a person reads, which links can be clicked, the types of all else, and
// each visible character with the marks that it stands in.
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { parse } from 'discord-markdown-parser';

const odiffey = createRequire(import.meta.url)('@odiffey/discord-markdown');

const parsers = {
  // "extended" knows masked links, which the parser's "normal" does not and today's Discord does, in every message.
  normal: (text) => parse(text, 'normal'),
  extended: (text) => parse(text, 'extended'),
  // The other family: knows lists.
  odiffey: (text) => odiffey.parser(text),
};

/** Walks a tree and notes what a reader would meet. */
function walk(nodes, verdict, inside = []) {
  for (const node of nodes) {
    switch (node.type) {
      case 'text':
        verdict.text += node.content;
        for (const c of node.content.replace(/\s/g, '')) verdict.styled.push([c, ...new Set(inside)].join(' '));
        break;
      case 'br':
      case 'newline':
        verdict.text += '\n';
        break;
      case 'twemoji': // the same emoji, drawn by Discord
        verdict.text += node.name;
        break;
      case 'url':
      case 'autolink':
        verdict.links.push(node.target);
        walk(node.content, verdict, inside);
        break;
      default: {
        verdict.marks.push(node.type);
        const content = Array.isArray(node.content) ? node.content : [{ type: 'text', content: node.content ?? '' }];
        for (const part of [content, ...(node.items ?? [])]) walk(part, verdict, [...inside, node.type].sort());
      }
    }
  }
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const text = JSON.parse(line);
  const verdicts = Object.entries(parsers).map(([parser, read]) => {
    const verdict = { parser, text: '', links: [], marks: [], styled: [] };
    try {
      walk(read(text), verdict);
    } catch (error) {
      verdict.marks.push(`error: ${error.message.slice(0, 200)}`);
    }
    return verdict;
  });
  process.stdout.write(JSON.stringify(verdicts) + '\n');
}
