// The drawer: what goes wrong, and how much of the limits is used.

import { sim } from "./api.js";
import { $, el } from "./dom.js";
import { place, store } from "./store.js";

/** Switches by what a person sees. Each is one fault of the stand-in, or two. */
const switches = [
  ["Answers are slow", "0.8 to 2 s each", [{ kind: "latency", delayMs: 800, jitterMs: 1200 }]],
  ["Some requests fail", "one in three is an HTML error page", [{ kind: "html", probability: 0.34 }]],
  ["Some answers get lost", "one in three is carried out, but nobody hears of it", [{ kind: "lost-after", probability: 0.34 }]],
  ["Some requests get lost", "one in three never arrives", [{ kind: "lost-before", probability: 0.34 }]],
  ["Everything is limited", "429 for the whole bot", [{ kind: "limit-global", retryAfterMs: 2000 }]],
  ["No new threads", "Discord's hidden cool-down, 30 s", [{ kind: "thread-cooldown", retryAfterMs: 30000 }]],
  ["Events go missing", "one message in three", [{ kind: "event-missed", route: "MESSAGE_CREATE", probability: 0.34 }]],
  ["Events come twice", "", [{ kind: "event-repeated" }]],
  ["Events overtake each other", "", [{ kind: "event-reordered", probability: 0.5 }]],
  ["The clock is wrong", "40 s behind", [{ kind: "skew", skewMs: -40000 }]],
  ["Discord is down", "503, and no Gateway", [{ kind: "outage" }]],
];

const gatewayButtons = [
  ["Cut the sockets", { do: "cut", code: 0 }],
  ["Close with 4000", { do: "cut", code: 4000 }],
  ["Ask to reconnect", { do: "reconnect" }],
  ["Invalidate sessions", { do: "invalidate", resumable: false }],
];

const same = (fault, wanted) => fault.kind === wanted.kind && (fault.route ?? "") === (wanted.route ?? "") && !fault.count;

let timer = 0;

export function initDrawer() {
  for (const [title, detail, faults] of switches) {
    const box = el("input", { type: "checkbox", role: "switch" });
    box.addEventListener("change", async () => {
      if (box.checked) {
        for (const f of faults) await sim("POST", "/faults", f);
        if (faults[0].kind === "outage") await sim("POST", "/gateway", { do: "cut", code: 0 });
      } else {
        for (const f of store.sim.faults) if (faults.some((w) => same(f, w))) await sim("DELETE", "/faults?id=" + f.id);
      }
      await refresh();
    });
    box.dataset.kind = faults[0].kind;
    $("switches").append(el("label", { class: "switch" }, el("span", {}, title, detail && el("small", { text: detail })), box));
  }
  for (const [title, body] of gatewayButtons) {
    $("gateway-buttons").append(el("button", { class: "plain", type: "button", text: title, onclick: () => sim("POST", "/gateway", body).then(refresh) }));
  }
}

/** Opens or shuts the drawer; while it is open it is up to date within a second. */
export function showDrawer(on) {
  $("drawer").hidden = !on;
  clearInterval(timer);
  if (on) {
    refresh();
    timer = setInterval(refresh, 1000);
  }
}

async function refresh() {
  const fresh = await sim("GET", "/state").catch(() => null);
  if (!fresh) return;
  store.sim = fresh;
  draw();
}

function draw() {
  const { faults, limits, sessions } = store.sim;
  for (const box of $("switches").querySelectorAll("input")) box.checked = faults.some((f) => f.kind === box.dataset.kind && !f.count);
  $("show-drawer").classList.toggle("stormy", faults.length > 0);
  const bots = (n) => (n === 1 ? "1 bot session is" : n + " bot sessions are");
  $("sessions").textContent = bots(sessions.connected) + " connected" + (sessions.waiting ? ", " + sessions.waiting + " can be resumed." : ".");
  const row = (name, value) => [el("dt", { text: name }), el("dd", { text: value })];
  $("totals").replaceChildren(
    ...row("Requests", String(limits.requests)),
    ...row("Answered 429", String(limits.limited)),
    ...row("Active threads", String(store.sim.activeThreads)),
    ...(limits.threadColdMs ? row("Threads again in", Math.ceil(limits.threadColdMs / 1000) + " s") : []),
  );
  $("buckets").replaceChildren(
    gauge("Global, this second", limits.globalLimit - limits.globalUsed, limits.globalLimit, 0),
    ...limits.buckets.map((b) => gauge(b.name + " · " + (place(b.major)?.name ?? b.major), b.remaining, b.limit, b.resetMs)),
  );
}

function gauge(name, remaining, limit, resetMs) {
  return el(
    "div",
    { class: "gauge" },
    el("span", { class: "name", text: name }),
    el("span", { class: "quiet", text: remaining + " of " + limit + (resetMs ? ", " + (resetMs / 1000).toFixed(1) + " s" : "") }),
    el("meter", { min: 0, max: limit, value: remaining, low: limit * 0.25, optimum: limit, "aria-label": name }),
  );
}
