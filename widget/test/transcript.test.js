// The golden transcripts of the core (chat/testdata), replayed against the widget's client: what the core's tests say that
// a server tells, the client must take; what they say that a visitor does, it must bring about.

import test from 'node:test';
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { createClient } from '../src/client.js';
import { endure } from '../src/endure.js';
import { VirtualBrowser } from './world.js';

const FOLDER = new URL('../../chat/testdata/', import.meta.url);
const SOURCES = (await Promise.all(['window', 'more', 'client', 'endure'].map((name) => readFile(new URL(`../src/${name}.js`, import.meta.url), 'utf8')))).join('\n');

/** The lines of a transcript that concern visitors, in order: [connection, what, argument]. */
const parse = (text) =>
  text.split('\n\n').flatMap((block) => {
    // What closes in a block has heard first what the block says.
    const [steps, ends] = [[], []];
    for (const line of block.split('\n')) {
      const [, verb, name, rest = ''] = /^(open|send|close|cut) (\w+) ?(.*)$/.exec(line) || [];
      if (verb) (verb == 'open' || verb == 'send' ? steps : ends).push([name, verb, rest]);
      const [, connection, frame, code] = /^(\w+) (?:< (\{.*\})|closed (\d+))$/.exec(line) || [];
      if (connection) steps.push([connection, frame ? 'hears' : 'closed', frame || code]);
    }
    return [...steps, ...ends];
  });

/** A page with the client on it, and all that it showed. */
class Visitor {
  constructor(storage = {}) {
    const browser = (this.browser = new VirtualBrowser());
    browser.storage = { ...storage };
    this.shown = [];
    const world = browser.tab();
    const show = (type, data) => (type == 'lost' ? this.client.lost(data) : this.shown.push([type, data]));
    this.client = endure(createClient('wss://chat.example.com/ws', show, world), show, world);
    this.client.recall();
    /** The ids of what is to be said, also of what waits since the last visit. */
    this.queued = this.client.outbox.map(({ id }) => id);
    this.client.dial();
    this.socket = browser.socket;
    this.socket.open();
  }

  send({ type, data = {} }) {
    if (type == 'message' && data.id && data.message) {
      this.queued.push(data.id);
      this.client.enqueue({ id: data.id, message: data.message, page: data.page });
    } else if (type != 'init' && type != 'message') this.client.tell(type, data);
  }

  hear({ type, data }) {
    assert.match(SOURCES, new RegExp(`\\b${type}[(:]|'${type}'`), `the widget knows no ${type}`);
    const { last } = this.client;
    this.socket.hear(type, data);
    if (type == 'ready') assert.equal(this.client.opened.seq, data.seq);
    if (type == 'error') assert.deepEqual(this.shown.at(-1), [type, data]);
    if (type == 'ack') assert.ok(this.client.outbox.every(({ id }) => id != data.id), `${data.id} was acknowledged and still waits`);
    if (type == 'message' && data.seq) {
      const isNew = data.seq > last;
      assert.equal(this.shown.at(-1)[1] == data || this.shown.at(-1)[1]?.seq == data.seq, isNew, `message ${data.seq} after ${last}`);
      assert.equal(this.client.last, Math.max(last, data.seq));
    }
  }
}

for (const file of (await readdir(FOLDER)).filter((name) => name.endsWith('.txt'))) {
  test(`the client understands ${file}`, async () => {
    const visitors = {};
    let heard = 0;
    for (const [name, what, rest] of parse(await readFile(new URL(file, FOLDER), 'utf8'))) {
      if (what == 'open') {
        // Whoever comes back with a route has it from what that browser remembers.
        const before = visitors[/route-of (\w+)/.exec(rest)?.[1]];
        visitors[name] = new Visitor(before?.browser.storage);
      }
      const visitor = visitors[name];
      if (!visitor) continue;
      if (what == 'send') {
        const frame = /^\{.*\}$/.test(rest) && !rest.includes('…') ? tryParse(rest) : undefined;
        if (frame) visitor.send(frame);
      }
      if (what == 'hears') {
        visitor.hear(JSON.parse(rest));
        heard++;
      }
      if (what == 'closed' || what == 'close' || what == 'cut') {
        const code = Number(rest) || 1006;
        visitor.socket.end(code);
        if (what == 'closed') assert.equal(visitor.shown.at(-1)[1].isOver, code >= 4500, `after ${code}`);
        await visitor.browser.settle();
      }
    }
    assert.ok(heard > 0, 'nothing was heard: has the format of transcripts changed?');
    for (const [name, { socket, queued }] of Object.entries(visitors)) {
      const told = socket.sent.filter(({ type }) => type == 'message').map(({ data }) => data.id);
      const order = [...new Set(told)];
      assert.deepEqual(order, [...new Set(queued)].filter((id) => order.includes(id)), `${name} says things in the order in which they were written`);
    }
  });
}

/** A transcript also holds what is not JSON: a client that sends it is not ours. */
function tryParse(text) {
  try {
    return JSON.parse(text);
  } catch {}
}
