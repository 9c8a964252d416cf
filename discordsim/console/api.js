// Talks to the stand-in: REST as the chosen person, and its own controls under /sim.

let speaker = "";

/** Chooses who speaks from now on. */
export function speakAs(name) {
  speaker = name;
}

async function answer(response) {
  if (response.status === 204) return null;
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new Error(body?.message ?? "HTTP " + response.status);
  return body;
}

/** A request to Discord's API as the person who speaks. */
export async function rest(method, path, body) {
  const headers = { Authorization: "User " + encodeURIComponent(speaker) };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  return answer(await fetch("/api/v10" + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) }));
}

/** A request to the stand-in's own controls. */
export async function sim(method, path, body) {
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  return answer(await fetch("/sim" + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) }));
}

/**
 * Hears what happens. After each (re)connection onReady is called: load anew, events were missed.
 * @param {Record<string, (data: any) => void>} handlers by event name
 */
export function listen(handlers, onReady, onLost) {
  const stream = new EventSource("/sim/events");
  stream.addEventListener("ready", onReady);
  stream.addEventListener("error", onLost);
  for (const [name, handle] of Object.entries(handlers)) {
    stream.addEventListener(name, (event) => handle(JSON.parse(event.data)));
  }
}
