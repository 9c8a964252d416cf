// The client in virtual time: protocol, outbox, reconnection, tabs.

import test from 'node:test';
import assert from 'node:assert/strict';
import { createClient } from '../src/client.js';
import { endure } from '../src/endure.js';
import { VirtualBrowser } from './world.js';

const READY = { message: 'Hello.', sessionId: 's1', route: 'r1', seq: 0, restored: false, name: 'Ada', email: 'ada@example.com' };

/** A client as the window makes it, with everything that it showed. */
function setUp(browser = new VirtualBrowser(), world = browser.tab()) {
  const shown = [];
  const show = (type, data) => {
    if (type == 'lost') client.lost(data);
    else shown.push([type, data]);
  };
  const client = endure(createClient('wss://chat.example.com/ws', show, world), show, world);
  client.recall();
  client.hello = { name: 'Ada', email: 'ada@example.com', locale: 'en' };
  return { browser, world, client, shown, types: () => shown.map(([type]) => type) };
}

/** Connects and begins a conversation. */
function connect(set, ready = READY) {
  set.client.dial();
  const { socket } = set.browser;
  socket.open();
  socket.hear('ready', ready);
  return socket;
}

test('begins with init, and offers the protocol alone when it knows no route', () => {
  const set = setUp();
  const socket = connect(set);
  assert.deepEqual(socket.protocols, ['cloudflare-chat.v1']);
  assert.deepEqual(socket.sent, [{ type: 'init', data: { page: '/pricing', since: 0, name: 'Ada', email: 'ada@example.com', locale: 'en' } }]);
  assert.deepEqual(set.types(), ['ready']);
});

test('comes back with session, route and what it has seen', () => {
  const set = setUp();
  connect(set).hear('message', { seq: 7, message: 'Hi', from: 'agent' });
  const { socket } = set.browser;
  socket.end();
  set.browser.pass(2000).then(() => {});
  return set.browser.pass(0).then(() => {
    assert.notEqual(set.browser.socket, socket);
    set.browser.socket.open();
    assert.deepEqual(set.browser.socket.protocols, ['cloudflare-chat.v1', 'route.r1']);
    const [init] = set.browser.socket.sent;
    assert.equal(init.data.sessionId, 's1');
    assert.equal(init.data.since, 7);
  });
});

test('begins anew where the server is not as far as what is shown, as after a backup was restored', async () => {
  const set = setUp();
  connect(set).hear('message', { seq: 7, message: 'Hi', from: 'agent' });
  set.browser.socket.end();
  await set.browser.pass(3000);
  const { socket } = set.browser;
  socket.open();
  socket.hear('ready', { ...READY, restored: true, gap: true, seq: 2 });
  assert.equal(set.client.last, 0);
  socket.hear('message', { seq: 2, message: 'Before the backup', from: 'agent' });
  socket.hear('message', { seq: 3, message: 'After it', from: 'agent' });
  assert.deepEqual(set.shown.slice(-2).map(([, data]) => data.message), ['Before the backup', 'After it']);
});

test('sends one message at a time, each until its acknowledgement', () => {
  const set = setUp();
  const socket = connect(set);
  set.client.say('one');
  set.client.say('two');
  const messages = () => socket.sent.filter(({ type }) => type == 'message').map(({ data }) => data.message);
  assert.deepEqual(messages(), ['one']);
  socket.hear('ack', { id: socket.sent.at(-1).data.id, seq: 1 });
  assert.deepEqual(messages(), ['one', 'two']);
});

test('sends what was not acknowledged again, under the same id, in order', async () => {
  const set = setUp();
  const first = connect(set);
  set.client.say('one');
  set.client.say('two');
  const { id } = first.sent.at(-1).data;
  first.end();
  await set.browser.pass(2500);
  const second = set.browser.socket;
  second.open();
  second.hear('ready', { ...READY, restored: true });
  assert.equal(second.sent.at(-1).data.id, id);
  second.hear('ack', { id, seq: 1 });
  assert.equal(second.sent.at(-1).data.message, 'two');
});

test('a message that came back with the restore counts as acknowledged', async () => {
  const set = setUp();
  const first = connect(set);
  set.client.say('one');
  const { id } = first.sent.at(-1).data;
  first.end();
  await set.browser.pass(2500);
  const second = set.browser.socket;
  second.open();
  second.hear('ready', { ...READY, restored: true });
  second.hear('message', { seq: 1, id, message: 'one', from: 'visitor' });
  assert.deepEqual(set.client.outbox, []);
});

test('shows each message once, whatever is repeated', () => {
  const set = setUp();
  const socket = connect(set);
  for (const seq of [1, 2, 2, 1, 3]) socket.hear('message', { seq, message: 'm' + seq, from: 'agent' });
  assert.deepEqual(set.shown.filter(([type]) => type == 'message').map(([, { seq }]) => seq), [1, 2, 3]);
});

test('pauses 2, 4, 8, then 16 seconds, each within a fifth', async () => {
  for (const [chance, factor] of [[0, 0.8], [0.5, 1], [0.999999, 1.2]]) {
    const set = setUp();
    set.browser.chance = chance;
    set.client.dial();
    for (const seconds of [2, 4, 8, 16, 16, 16]) {
      const count = set.browser.sockets.length;
      set.browser.socket.end();
      await set.browser.pass(seconds * 1000 * factor - 10);
      assert.equal(set.browser.sockets.length, count, `too early after ${seconds} s`);
      await set.browser.pass(20);
      assert.equal(set.browser.sockets.length, count + 1, `too late after ${seconds} s`);
    }
  }
});

test('begins with the short pause again once a connection has held', async () => {
  const set = setUp();
  set.client.dial();
  for (let i = 0; i < 4; i++) {
    set.browser.socket.end();
    await set.browser.pass(20_000);
  }
  const socket = set.browser.socket;
  socket.open();
  socket.hear('ready', READY);
  await set.browser.pass(26_000);
  assert.deepEqual(socket.sent.at(-1), { type: 'ping' });
  socket.hear('pong');
  socket.end();
  const count = set.browser.sockets.length;
  await set.browser.pass(2100);
  assert.equal(set.browser.sockets.length, count + 1);
});

test('closes at 4500 and above are final, those below are not', async () => {
  for (const [code, again] of [[4000, true], [4499, true], [4500, false], [4999, false], [1006, true], [1001, true]]) {
    const set = setUp();
    connect(set).end(code);
    await set.browser.pass(60_000);
    assert.equal(set.browser.sockets.length > 1, again, String(code));
    assert.equal(set.shown.at(-1)[1].isOver, !again, String(code));
  }
});

test('waits as long as the server asks for', async () => {
  const set = setUp();
  set.client.wait(30_000);
  set.client.dial();
  set.browser.socket.end(4001);
  await set.browser.pass(29_000);
  assert.equal(set.browser.sockets.length, 1);
  await set.browser.pass(1100);
  assert.equal(set.browser.sockets.length, 2);
});

test('gives up a connection that died without a word', async () => {
  const set = setUp();
  connect(set);
  await set.browser.pass(25_000 + 10_000 + 2_100);
  assert.equal(set.browser.sockets.length, 2);
});

test('a server that never answers is not asked in a busy loop', async () => {
  const set = setUp();
  set.client.dial();
  await set.browser.pass(3_600_000);
  assert.ok(set.browser.sockets.length < 90, `${set.browser.sockets.length} connections in an hour`);
});

test('is back at once when the network is', () => {
  const set = setUp();
  connect(set).end();
  set.client.wake();
  assert.equal(set.browser.sockets.length, 2);
});

test('an ended conversation is not woken', () => {
  const set = setUp();
  connect(set).end(4500);
  set.client.wake();
  assert.equal(set.browser.sockets.length, 1);
});

test('remembers session and unsent messages over a reload', () => {
  const browser = new VirtualBrowser();
  const before = setUp(browser);
  connect(before);
  before.client.say('kept');
  const after = setUp(browser, browser.tab());
  assert.equal(after.client.session.sessionId, 's1');
  assert.deepEqual(after.client.outbox.map(({ message }) => message), ['kept']);
});

test('the record begins with the time until which it is taken up without being asked', () => {
  const set = setUp();
  connect(set);
  assert.equal(parseInt(set.browser.storage['cloudflare-chat']), set.browser.now + 3_600_000);
  set.client.keep({ unread: 1 });
  assert.ok(parseInt(set.browser.storage['cloudflare-chat']) > set.browser.now + 80 * 86_400_000);
});

for (const [what, stored] of Object.entries({ nonsense: '{', empty: '', 'another thing': '1764000000000[]', null: '1764000000000null' })) {
  test(`storage that holds ${what} is forgotten, not fatal`, () => {
    const browser = new VirtualBrowser();
    browser.storage['cloudflare-chat'] = stored;
    const set = setUp(browser);
    connect(set);
    set.client.say('works');
    assert.equal(browser.socket.sent.at(-1).data.message, 'works');
  });
}

test('forbidden storage is survived', () => {
  const browser = new VirtualBrowser();
  const world = browser.tab();
  Object.defineProperty(world, 'localStorage', { get() { throw new Error('SecurityError'); } });
  const set = setUp(browser, world);
  connect(set);
  set.client.say('works');
  assert.equal(browser.socket.sent.at(-1).data.message, 'works');
});

test('a session that the server no longer knows begins anew', async () => {
  const set = setUp();
  connect(set).hear('message', { seq: 9, message: 'old', from: 'agent' });
  set.browser.socket.end();
  await set.browser.pass(2500);
  set.browser.socket.open();
  set.browser.socket.hear('ready', { ...READY, sessionId: 's2' });
  set.browser.socket.hear('message', { seq: 1, message: 'new', from: 'agent' });
  assert.equal(set.shown.at(-1)[1].message, 'new');
  assert.equal(set.client.session.sessionId, 's2');
});

test('what is not a frame does no harm', () => {
  const set = setUp();
  const socket = connect(set);
  for (const data of ['', 'null', '[]', '{', '"x"', '{"type":5}', '{"type":"message"}']) {
    try {
      socket.onmessage({ data });
    } catch {
      // A browser would print it and go on.
    }
  }
  socket.hear('message', { seq: 1, message: 'still here', from: 'agent' });
  assert.equal(set.shown.at(-1)[1].message, 'still here');
});

/** Two tabs of one browser; the first leads. */
async function twoTabs() {
  const browser = new VirtualBrowser();
  const first = setUp(browser);
  const one = connect(first);
  await browser.settle();
  const second = setUp(browser, browser.tab());
  const two = connect(second, { ...READY, restored: true });
  await browser.pass(2_100);
  return { browser, first, second, one, two };
}

const said = (set) => set.shown.filter(([type]) => type == 'message').map(([, { message }]) => message);

test('two tabs have one connection, and show the same', async () => {
  const { browser, first, second, one, two } = await twoTabs();
  assert.equal(one.readyState, 1);
  assert.equal(two.readyState, 3, 'the second tab keeps a connection of its own');
  one.hear('message', { seq: 1, message: 'to both', from: 'agent' });
  await browser.settle();
  assert.deepEqual(said(first), ['to both']);
  assert.deepEqual(said(second), ['to both']);
});

test('what a follower says goes through the leader, and is acknowledged in both', async () => {
  const { browser, first, second, one } = await twoTabs();
  second.client.say('from the second');
  await browser.settle();
  const frame = one.sent.at(-1);
  assert.equal(frame.data.message, 'from the second');
  one.hear('ack', { id: frame.data.id, seq: 1 });
  await browser.settle();
  assert.deepEqual(second.client.outbox, []);
  assert.ok(first.types().includes('queued'), 'the first tab does not show it');
  assert.ok(second.types().includes('ack'));
});

test('when the leader goes, a follower leads, and loses nothing', async () => {
  const { browser, first, second, one } = await twoTabs();
  one.hear('message', { seq: 3, message: 'seen by both', from: 'agent' });
  await browser.settle();
  first.client.leave();
  first.world.isFrozen = true;
  await browser.settle();
  assert.equal(browser.socket.tab, second.world);
  browser.socket.open();
  assert.equal(browser.socket.sent[0].data.since, 3);
});

test('a frozen leader is replaced by whoever has something to say', async () => {
  const { browser, first, second } = await twoTabs();
  first.world.isFrozen = true;
  second.client.say('anybody?');
  await browser.pass(3_100);
  assert.equal(browser.socket.tab, second.world);
  browser.socket.open();
  browser.socket.hear('ready', { ...READY, restored: true });
  assert.equal(browser.socket.sent.at(-1).data.message, 'anybody?');
});

test('what one tab has seen, and that it was ended, the other hears, whoever leads', async () => {
  const { browser, first, second, one } = await twoTabs();
  second.client.tell('seen', { seq: 4 });
  await browser.settle();
  assert.deepEqual(one.sent.at(-1), { type: 'seen', data: { seq: 4 } });
  assert.deepEqual(first.shown.at(-1), ['>seen', { seq: 4 }]);
  second.client.forget();
  await browser.settle();
  assert.deepEqual(first.shown.at(-1), ['ended', { by: 'visitor' }]);
});

test('a leader that is frozen from the start is replaced, though nobody says anything', async () => {
  const browser = new VirtualBrowser();
  const first = setUp(browser);
  connect(first);
  await browser.settle();
  first.world.isFrozen = true;
  const second = setUp(browser, browser.tab());
  connect(second, { ...READY, restored: true });
  await browser.pass(3_100);
  assert.equal(browser.sockets.length, 3, 'it has no connection');
  assert.equal(browser.socket.tab, second.world);
  assert.equal(browser.socket.readyState, 0);
});

test('a leader that freezes later is missed, and at once by a tab that is looked at again', async () => {
  for (const [wakes, ms] of [[false, 60_000], [true, 3_100]]) {
    const { browser, first, second } = await twoTabs();
    const count = browser.sockets.length;
    first.world.isFrozen = true;
    if (wakes) second.client.wake();
    await browser.pass(ms);
    assert.equal(browser.sockets.length, count + 1);
    assert.equal(browser.socket.tab, second.world);
  }
});

test('a leader that hears nothing but answers to its pings keeps the lead', async () => {
  const { browser, one } = await twoTabs();
  const count = browser.sockets.length;
  one.send = (text) => text.includes('ping') && Promise.resolve().then(() => one.hear('pong'));
  await browser.pass(600_000);
  assert.equal(browser.sockets.length, count);
});

test('all tabs hear that the connection is gone, and that it is back', async () => {
  const { browser, second, one } = await twoTabs();
  one.end();
  await browser.settle();
  assert.deepEqual(second.shown.at(-1), ['away', { isOver: false, attempt: 1 }]);
  await browser.pass(2_500);
  browser.socket.open();
  browser.socket.hear('ready', { ...READY, restored: true });
  await browser.settle();
  assert.equal(second.types().at(-1), 'ready');
});

test('whoever has left takes no lock, neither one that is given late nor one in doubt', async () => {
  const { browser, first, second } = await twoTabs();
  second.client.tell('ping');
  first.world.isFrozen = true;
  second.client.leave();
  const count = browser.sockets.length;
  await browser.pass(60_000);
  assert.equal(browser.sockets.length, count);
  first.world.isFrozen = false;
  first.client.leave();
  await browser.settle();
  assert.equal(browser.holder, null, 'a tab that has left holds the lock');
});

test('a pause that the server asks for after the connection was lost is kept as well', async () => {
  const set = setUp();
  set.client.dial();
  set.browser.socket.end();
  set.client.wait(30_000);
  await set.browser.pass(29_000);
  assert.equal(set.browser.sockets.length, 1);
  await set.browser.pass(1_100);
  assert.equal(set.browser.sockets.length, 2);
});

test('nothing is stored and nothing connects before it is told to', async () => {
  const set = setUp();
  await set.browser.pass(3_600_000);
  assert.deepEqual(set.browser.storage, {});
  assert.equal(set.browser.sockets.length, 0);
});

test('a leader that answers keeps the lead', async () => {
  const { browser, first, second, one } = await twoTabs();
  const count = browser.sockets.length;
  second.client.say('quick');
  await browser.pass(10_000);
  assert.equal(browser.sockets.length, count);
  assert.equal(one.sent.at(-1).data.message, 'quick');
});

test('where locks and channels are forbidden, as in a sandboxed frame, a tab is alone and leads', async () => {
  const browser = new VirtualBrowser();
  const set = setUp(browser, browser.tab({ isOpaque: true }));
  const socket = connect(set);
  await browser.pass(10_000);
  assert.equal(browser.refusedLocks, 1);
  set.client.say('alone');
  assert.equal(socket.sent.at(-1).data.message, 'alone');
  assert.equal(browser.sockets.length, 1);
});

test('a tab without a conversation never leads', async () => {
  const browser = new VirtualBrowser();
  setUp(browser);
  await browser.settle();
  const other = setUp(browser, browser.tab());
  const socket = connect(other);
  await browser.pass(5_000);
  assert.equal(socket.readyState, 1);
  other.client.say('heard?');
  assert.equal(socket.sent.at(-1).data.message, 'heard?');
});

test('a follower that has forgotten begins anew with a connection of its own', async () => {
  const { browser, first, second, one } = await twoTabs();
  second.client.forget();
  first.client.forget(true);
  await browser.settle();
  const socket = connect(second, { ...READY, sessionId: 's2' });
  assert.equal(socket.sent[0].type, 'init');
  second.client.say('new');
  assert.equal(socket.sent.at(-1).data.message, 'new');
  assert.equal(one.sent.some(({ data }) => data?.message == 'new'), false);
});
