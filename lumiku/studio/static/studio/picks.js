// What somebody picked to order: kept in this browser, the same in all its tabs, shown in the bar at the bottom.
// Before log-in it is nobody's; the first account that logs in takes it over, and another account does not see it.

const KEY = "lumiku-picks";
const OWNER = "lumiku-picks-of";
export const MOST = 200;

const listeners = new Set();
const bar = () => document.getElementById("picks");
let cleared = [];

/** Return what is picked, the first picked first: [{id, name, thumbnail}]. */
export function all() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((pick) => pick?.id) : [];
  } catch {
    return [];
  }
}

export const has = (id) => all().some((pick) => pick.id === id);

/** Pick one or several; more than 200 are not taken. Return whether all of them were. */
export function add(...picks) {
  const kept = all();
  const known = new Set(kept.map((pick) => pick.id));
  const fresh = picks.filter((pick) => !known.has(pick.id));
  keep([...kept, ...fresh].slice(0, MOST));
  return kept.length + fresh.length <= MOST;
}

export function remove(...ids) {
  keep(all().filter((pick) => !ids.includes(pick.id)));
}

export function clear() {
  keep([]);
}

/** Call `listener` with what is picked whenever that changes, also in another tab; return how to stop it. */
export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function keep(picks) {
  cleared = [];
  try {
    localStorage.setItem(KEY, JSON.stringify(picks));
  } catch {
    // A browser that keeps nothing still orders what is on its page.
  }
  tell();
}

function tell() {
  const picks = all();
  show(picks);
  for (const listener of listeners) listener(picks);
}

// ---- The bar --------------------------------------------------------------------------------------------------------

const grouped = (number) => new Intl.NumberFormat(document.documentElement.lang).format(number);

function show(picks) {
  const form = bar();
  if (!form) return;
  const { each, one, many, price } = form.dataset;
  const credits = picks.length * Number(each);
  form.hidden = !picks.length && !cleared.length;
  form.querySelector("[data-count]").textContent = !picks.length ? form.dataset.cleared : picks.length === 1 ? one : many.replace("#", grouped(picks.length));
  form.querySelector("[data-credits]").textContent = picks.length ? price.replace("#", grouped(credits)) : "";
  form.querySelector("[data-rupiah]").textContent = picks.length ? `Rp\u00a0${grouped(credits * 100)}` : "";
  form.querySelector("[data-undo]").hidden = !!picks.length;
  for (const name of ["[data-clear]", "[data-order]"]) form.querySelector(name).hidden = !picks.length;
  form.querySelector("[data-stack]").replaceChildren(...picks.slice(-3).reverse().filter((pick) => pick.thumbnail).map(picture));
}

function picture({ thumbnail }) {
  const image = new Image(34, 42);
  image.alt = "";
  image.onerror = () => image.remove();
  image.src = thumbnail;
  return image;
}

/** Empty the picks, but hold them for some seconds in case that was a slip. */
export function clearWithUndo() {
  const held = all();
  if (!held.length) return;
  clear();
  cleared = held;
  show([]);
  setTimeout(() => {
    if (cleared !== held) return;
    cleared = [];
    show(all());
  }, 8000);
}

document.addEventListener("click", (event) => {
  if (event.target.closest("#picks [data-clear]")) clearWithUndo();
  if (event.target.closest("#picks [data-undo]")) add(...cleared);
});

document.addEventListener("submit", (event) => {
  if (event.target.action?.endsWith("/log-out")) clear();
  if (event.target !== bar()) return;
  for (const old of event.target.querySelectorAll("[name=poses]")) old.remove();
  for (const { id } of all()) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: "poses", value: id });
    event.target.append(field);
  }
});

addEventListener("storage", (event) => {
  if (event.key === KEY || event.key === null) tell();
});
addEventListener("pageshow", tell);
document.addEventListener("htmx:afterSettle", () => show(all()));

// ---- Whose they are ---------------------------------------------------------------------------------------------------

function settleOwner() {
  const owner = bar()?.dataset.owner;
  if (owner === undefined) return;
  const before = localStorage.getItem(OWNER) ?? "";
  if (before && before !== owner) clear();
  localStorage.setItem(OWNER, owner);
}

try {
  settleOwner();
} catch {
  // No storage: nothing to keep apart.
}
tell();
