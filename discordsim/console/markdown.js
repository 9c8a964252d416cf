// Discord's markdown as DOM nodes. What is not understood stays text.

import { el } from "./dom.js";

/** @typedef {{user: (id: string) => string, role: (id: string) => string, channel: (id: string) => string}} Names */

/** Renders a message's text. @param {string} text @param {Names} names */
export function render(text, names) {
  const out = document.createDocumentFragment();
  blocks(text, names, out);
  return out;
}

const fence = /^```(?:([\w+-]{1,20})\n)?([\s\S]*?[^`])?\n?```(?!`)/;

function blocks(text, names, out) {
  const lines = text.split("\n");
  let plain = [];
  const flush = () => {
    if (plain.length) inline(plain.join("\n"), names, out);
    plain = [];
  };
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i];
    const rest = lines.slice(i).join("\n");
    if (line.includes("```")) {
      const at = rest.indexOf("```");
      const hit = fence.exec(rest.slice(at));
      if (hit && hit[2]?.trim()) {
        if (at > 0) plain.push(rest.slice(0, at).replace(/\n$/, ""));
        flush();
        out.append(el("pre", {}, el("code", { text: hit[2].replace(/^\n/, "") })));
        const used = rest.slice(0, at + hit[0].length).split("\n").length;
        const tail = rest.slice(at + hit[0].length).split("\n")[0];
        i += used - 1;
        if (tail.trim()) plain.push(tail);
        continue;
      }
    }
    const wholeQuote = /^>>> /.exec(line);
    if (wholeQuote) {
      flush();
      const box = el("blockquote");
      blocks(rest.slice(4), names, box);
      out.append(box);
      return;
    }
    if (/^> /.test(line)) {
      flush();
      const quoted = [];
      while (i < lines.length && /^> /.test(lines[i])) quoted.push(lines[i++].slice(2));
      i--;
      const box = el("blockquote");
      inline(quoted.join("\n"), names, box);
      out.append(box);
      continue;
    }
    const heading = /^(#{1,3}) +(\S.*)$/.exec(line);
    const sub = /^-# +(\S.*)$/.exec(line);
    if (heading || sub) {
      flush();
      const box = el("div", { class: heading ? "h" + heading[1].length : "subtext" });
      inline(heading ? heading[2] : sub[1], names, box);
      out.append(box);
      continue;
    }
    if (/^ {0,4}([-*]|\d{1,9}\.) +\S/.test(line)) {
      flush();
      i = list(lines, i, names, out) - 1;
      continue;
    }
    plain.push(line);
  }
  flush();
}

function list(lines, i, names, out) {
  const ordered = /^ *\d/.test(lines[i]);
  const box = el(ordered ? "ol" : "ul", ordered ? { start: parseInt(lines[i].trim(), 10) } : {});
  const item = /^( {0,4})([-*]|\d{1,9}\.) +(.*)$/;
  for (; i < lines.length; i++) {
    const hit = item.exec(lines[i]);
    if (!hit || /\d/.test(hit[2]) !== ordered) break;
    const li = el("li", { class: hit[1].length > 1 ? "deep" : null });
    inline(hit[3], names, li);
    box.append(li);
  }
  out.append(box);
  return i;
}

/** Rules in the order in which Discord tries them; each gives a node for a hit at the very beginning. */
const rules = [
  [/^\\([^\p{L}\p{N}\s])/u, (m) => m[1]],
  [/^(`{1,2})([\s\S]*?[^`])\1(?!`)/, (m) => el("code", { text: m[2] })],
  [/^<(https?:\/\/[^\s<>]+)>/, (m) => link(m[1], m[1])],
  [/^\[((?:[^[\]\\]|\\.)+)\]\(<?(https?:\/\/[^\s<>()]+)>?(?: "[^"]*")?\)/, (m, names) => link(m[2], null, m[1], names)],
  [/^https?:\/\/[^\s<]+[^<.,:;"'\]\s)]/, (m) => link(m[0], m[0])],
  [/^<@!?(\d{17,20})>/, (m, names) => mention("@" + names.user(m[1]))],
  [/^<@&(\d{17,20})>/, (m, names) => mention("@" + names.role(m[1]))],
  [/^<#(\d{17,20})>/, (m, names) => mention("#" + names.channel(m[1]))],
  [/^@(everyone|here)\b/, (m) => mention(m[0])],
  [/^<a?:(\w{2,32}):\d{17,20}>/, (m) => el("span", { class: "emoji", text: ":" + m[1] + ":" })],
  [/^<t:(-?\d{1,13})(?::([tTdDfFR]))?>/, (m) => el("time", { text: new Date(m[1] * 1000).toLocaleString() })],
  [/^\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)/, (m, names) => wrap("strong", m[1], names)],
  [/^__((?:\\[\s\S]|[^\\])+?)__(?!_)/, (m, names) => wrap("u", m[1], names)],
  [/^\*(?=\S)((?:\*\*|\\[\s\S]|[^*\\])+?)\*(?!\*)/, (m, names) => wrap("em", m[1], names)],
  [/^_((?:__|\\[\s\S]|[^_\\])+?)_(?![\p{L}\p{N}_])/u, (m, names) => wrap("em", m[1], names)],
  [/^~~((?:\\[\s\S]|[^\\])+?)~~(?!_)/, (m, names) => wrap("s", m[1], names)],
  [/^\|\|([\s\S]+?)\|\|/, (m, names) => spoiler(m[1], names)],
];

function inline(text, names, out, depth = 0) {
  let plain = "";
  const flush = () => {
    if (plain) out.append(plain);
    plain = "";
  };
  scan: while (text) {
    // An underscore inside a word is no mark.
    const inWord = /[\p{L}\p{N}]$/u.test(plain) && text[0] === "_" && text[1] !== "_";
    if (depth < 12 && !inWord && /[\\`<[h@*_~|]/.test(text[0])) {
      for (const [pattern, make] of rules) {
        const hit = pattern.exec(text);
        if (!hit) continue;
        const node = make(hit, names, depth);
        if (typeof node === "string") plain += node;
        else {
          flush();
          out.append(node);
        }
        text = text.slice(hit[0].length);
        continue scan;
      }
    }
    plain += text[0];
    text = text.slice(1);
  }
  flush();
}

function wrap(tag, text, names) {
  const node = el(tag);
  inline(text, names, node, 6);
  return node;
}

function link(url, text, label, names) {
  const a = el("a", { href: url, target: "_blank", rel: "noopener noreferrer nofollow", text });
  if (label) inline(label, names, a, 11);
  return a;
}

const mention = (text) => el("span", { class: "mention", text });

function spoiler(text, names) {
  const inner = el("span");
  inline(text, names, inner, 6);
  const box = el("button", { class: "spoiler", type: "button", "aria-label": "Spoiler, show it" }, inner);
  box.addEventListener("click", () => {
    box.classList.add("open");
    box.removeAttribute("aria-label");
  });
  return box;
}
