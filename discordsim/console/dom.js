// Small hands for the DOM. Nothing here or elsewhere takes HTML from a string.

/**
 * Makes an element.
 * @param {string} tag
 * @param {Record<string, any>} [props] class, text, data-*, aria-*, on* handlers; false and null are left out
 * @param {...(Node|string|null|undefined|false)} children
 */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === false || value === null || value === undefined) continue;
    if (key === "class") node.className = value;
    else if (key === "text") node.textContent = value;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  for (const child of children) if (child || child === "") node.append(child);
  return node;
}

/** An icon of the sprite in index.html. */
export function icon(name) {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  const use = document.createElementNS(ns, "use");
  use.setAttribute("href", "#i-" + name);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

/** @param {string} id */
export const $ = (id) => /** @type {any} */ (document.getElementById(id));

/** A round picture made of initials, in a colour of the person's own. */
export function avatar(id, name, bot) {
  const letters = name.replace(/[^\p{L}\p{N} ]/gu, "").trim().split(/\s+/);
  const initials = ((letters[0]?.[0] ?? "?") + (letters.length > 1 ? letters.at(-1)[0] : "")).toUpperCase();
  const node = el("span", { class: bot ? "avatar bot" : "avatar", "aria-hidden": "true", text: initials });
  // FNV-1a: neighbouring ids get colours that are far apart.
  let hash = 2166136261;
  for (const c of id + name) hash = Math.imul(hash ^ c.charCodeAt(0), 16777619);
  node.style.setProperty("--hue", String((hash >>> 0) % 360));
  return node;
}

/** Compares snowflakes: longer is later, else by digits. */
export function later(a, b) {
  if (!a) return false;
  if (!b) return true;
  return a.length !== b.length ? a.length > b.length : a > b;
}

/** The time at which a snowflake was made. */
export const timeOf = (id) => new Date(Number(BigInt(id) >> 22n) + 1420070400000);

const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const short = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

export const clockOf = (date) => clock.format(date);
export const dayOf = (date) => (date.toDateString() === new Date().toDateString() ? "Today" : day.format(date));

/** How long ago, in as few letters as a list has room for. */
export function ago(date) {
  const minutes = Math.floor((Date.now() - date.getTime()) / 60000);
  if (minutes < 1) return "now";
  if (minutes < 60) return minutes + " min";
  if (date.toDateString() === new Date().toDateString()) return clock.format(date);
  return short.format(date);
}
