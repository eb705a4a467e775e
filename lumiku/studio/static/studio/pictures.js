// Pages with pictures: hearts, selecting several, the viewer that opens over the page, files that are made when asked
// for, and links that have run out.

import { post, toast, say } from "./base.js";
import { paint } from "./tiles.js";
import "./live.js";

// The viewer is fetched when somebody points at a picture, or at once where a picture has the page to itself.
const sheet = document.getElementById("viewer")?.dataset.sheet;
let coming = null;
const viewer = () => (coming ??= Promise.all([import("./viewer.js"), sheet && dressed(sheet)]).then(([module]) => module));

function dressed(href) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = href;
  document.head.append(link);
  return new Promise((resolve) => (link.onload = link.onerror = resolve));
}

if (document.querySelector("[data-viewer]")) viewer();
for (const hint of ["pointerover", "focusin"])
  document.addEventListener(hint, ({ target }) => target.closest?.("#pictures") && viewer());
document.addEventListener("click", (event) => {
  const link = event.target.closest('#pictures [data-status="completed"] .picture-open');
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  viewer().then(({ openOver }) => openOver(link));
});

// ---- Hearts: shown at once, taken back if the server declines -----------------------------------------------------------

document.addEventListener("click", (event) => {
  const heart = event.target.closest("[data-heart]");
  if (!heart) return;
  event.preventDefault();
  keep(heart.dataset.heart, heart.dataset.href, heart.getAttribute("aria-pressed") !== "true");
});

async function keep(id, url, kept) {
  showKept(id, kept);
  const answer = await post(url, { keep: kept ? "1" : "" });
  if (!answer?.ok) showKept(id, !kept);
}

function showKept(id, kept) {
  for (const heart of document.querySelectorAll(`[data-heart="${CSS.escape(id)}"]`)) {
    heart.setAttribute("aria-pressed", String(kept));
    const field = heart.form?.elements.keep;
    if (field) field.value = kept ? "" : "1";
  }
}

// ---- Selecting: a click, shift for a whole row of them, Escape to stop -------------------------------------------------

const bar = document.getElementById("selection");
const list = document.getElementById("pictures");
const MOST = 100;
let last = null;

const boxes = () => [...list.querySelectorAll('[data-status="completed"] [name=results]')];

function selecting(on) {
  list.toggleAttribute("data-selecting", on);
  for (const button of document.querySelectorAll("[data-select]")) button.setAttribute("aria-pressed", String(on));
  if (!on) for (const box of boxes()) box.checked = false;
  count();
}

function count() {
  const chosen = boxes().filter((box) => box.checked);
  for (const box of chosen.slice(MOST)) box.checked = false;
  const ids = chosen.slice(0, MOST).map((box) => box.value);
  bar.querySelector("[data-selected]").textContent = ids.length;
  bar.querySelector("[data-zip-link]").href = `${bar.dataset.zip}?${new URLSearchParams(ids.map((id) => ["results", id]))}`;
  bar.hidden = !ids.length;
  document.body.toggleAttribute("data-selection", Boolean(ids.length));
}

function choose(box, on, whole) {
  const all = boxes();
  const [from, to] = whole && last ? [all.indexOf(last), all.indexOf(box)].sort((one, other) => one - other) : [];
  for (const each of from >= 0 ? all.slice(from, to + 1) : [box]) each.checked = on;
  last = box;
  count();
}

if (bar && list) {
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-select]")) selecting(!list.hasAttribute("data-selecting"));
    if (event.target.closest("[data-clear]")) selecting(false);
    const box = event.target.closest("#pictures [name=results]");
    if (box) {
      list.setAttribute("data-selecting", "");
      choose(box, box.checked, event.shiftKey);
    }
    const tile = event.target.closest("[data-selecting] [data-status=completed] .picture-open")?.closest("[data-picture]");
    if (tile) {
      event.preventDefault();
      event.stopImmediatePropagation();
      const own = tile.querySelector("[name=results]");
      choose(own, !own.checked, event.shiftKey);
    }
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && list.hasAttribute("data-selecting") && !document.querySelector("dialog[open]")) selecting(false);
  });
  const ready = () => {
    for (const button of document.querySelectorAll("[data-select][hidden]")) button.hidden = false;
  };
  document.addEventListener("htmx:afterSwap", ready);
  document.addEventListener("lumiku:drawn", ready);
  ready();
  count();
}

// ---- Files: asked for in the background, saved when they are there -----------------------------------------------------

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-export]");
  if (!form) return;
  event.preventDefault();
  delete form.dataset.sent;
  const button = event.submitter ?? form.querySelector("button");
  if (button.getAttribute("aria-busy")) return;
  button.setAttribute("aria-busy", "true");
  const fields = new FormData(form);
  if (button.name) fields.set(button.name, button.value);
  const answer = await post(form.action, fields);
  if (answer?.ok) save(await answer.blob(), nameIn(answer));
  button.removeAttribute("aria-busy");
});

function nameIn(answer) {
  return /filename="?([^";]+)/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? "picture";
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  toast(name);
}

// A dialog whose opener is also a link for browsers without this module.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-in-place]")) event.preventDefault();
});
document.addEventListener("submit", (event) => event.target.matches("[data-download]") && event.target.closest("dialog")?.close());

// ---- A changed picture on its tile -------------------------------------------------------------------------------------

document.addEventListener("lumiku:pose-update", ({ detail }) => {
  const tile = document.querySelector(`[data-picture="${CSS.escape(detail.pose?.id ?? "")}"]`);
  if (tile && detail.pose.thumbnailUrl) paint(tile, detail.pose.thumbnailUrl);
  if (detail.errorCode) toast(say("failed"), "error");
});
