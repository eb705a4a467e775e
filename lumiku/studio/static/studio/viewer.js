// One picture looked at closely: over a page (a dialog that tiles open) or on a page of its own. Zooming by wheel, pinch,
// double click and keys; the next one by arrows or a swipe; a changed background appears by itself.

import { post, showBalance } from "./base.js";
import { isSignedOut, signedOut } from "./live.js";
import * as compare from "./compare.js";

const dialog = document.getElementById("viewer");
const content = document.querySelector("[data-viewer-content]");
const MOST = 8, STEP = 1.5, SWIPE = 60;
let zoom = 1, x = 0, y = 0, opener = null, coming = null;

const viewer = () => content?.querySelector("[data-viewer]");
const frame = () => content?.querySelector("[data-frame]");

// ---- Which picture ----------------------------------------------------------------------------------------------------

async function load(fragment, { keep = false } = {}) {
  coming?.abort();
  coming = new AbortController();
  try {
    const answer = await fetch(fragment, { signal: coming.signal, headers: { "HX-Request": "true" } });
    if (isSignedOut(answer)) return signedOut();
    if (!answer.ok) return close();
    put(await answer.text(), keep);
  } catch (error) {
    if (error.name !== "AbortError" && !keep) close();
  }
}

function put(markup, keep) {
  const open = new Set([...content.querySelectorAll("[data-fold][open]")].map((fold) => fold.dataset.fold));
  const scrolled = content.querySelector("[data-panel]")?.scrollTop;
  const focused = content.contains(document.activeElement) && document.activeElement.matches("[data-go]") && document.activeElement.dataset.go;
  if (dialog?.open || keep) content.innerHTML = markup;
  for (const fold of content.querySelectorAll("[data-fold]")) fold.open ||= open.has(fold.dataset.fold);
  if (keep && scrolled) content.querySelector("[data-panel]").scrollTop = scrolled;
  showBalance(Number(viewer().dataset.balanceNow));
  ready();
  if (focused) content.querySelector(`[data-go="${focused}"]`)?.focus();
}

function ready() {
  fit();
  compare.ready(content);
  for (const tools of content.querySelectorAll("[data-tools]")) tools.hidden = false;
  window.htmx?.process(content);
  if (dialog?.open) steps();
}

/** In a dialog the next picture is the next tile of the page, whatever order it came from. */
function steps() {
  const [before, after] = neighbours();
  for (const [way, tile] of [["-1", before], ["1", after]]) {
    const link = content.querySelector(`[data-go="${way}"]`);
    if (link && tile) link.href = tile.querySelector(".picture-open").href;
    if (link) link.hidden = !tile;
  }
}

function neighbours() {
  const tiles = [...document.querySelectorAll('#pictures [data-status="completed"]')];
  const here = tiles.findIndex((tile) => tile.dataset.picture === viewer()?.dataset.viewer);
  return here < 0 ? [null, null] : [tiles[here - 1] ?? null, tiles[here + 1] ?? null];
}

function go(way) {
  const link = content.querySelector(`[data-go="${way}"]`);
  if (dialog?.open) {
    const tile = neighbours()[way < 0 ? 0 : 1];
    if (!tile) return;
    const href = tile.querySelector(".picture-open").href;
    history.replaceState({ viewer: true }, "", href);
    tile.scrollIntoView({ block: "nearest" });
    opener = tile.querySelector(".picture-open");
    load(`${href}/view`);
  } else if (link) location.assign(link.href);
}

/** Open the picture of a tile's link over the page. */
export function openOver(link) {
  opener = link;
  content.innerHTML = "";
  dialog.showModal();
  document.documentElement.classList.add("viewing");
  history.pushState({ viewer: true }, "", link.href);
  load(`${link.href}/view`);
}

function close() {
  if (dialog?.open) dialog.close();
}

if (dialog) {
  dialog.addEventListener("close", () => {
    document.documentElement.classList.remove("viewing");
    content.innerHTML = "";
    coming?.abort();
    if (history.state?.viewer) history.back();
    opener?.focus();
  });
  addEventListener("popstate", () => !history.state?.viewer && close());
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-go]");
  if (!link || !dialog?.open) return;
  event.preventDefault();
  go(Number(link.dataset.go));
});

// ---- Zoom -------------------------------------------------------------------------------------------------------------

function fit() {
  zoom = 1;
  x = y = 0;
  draw();
}

function draw() {
  const shown = frame();
  if (!shown) return;
  const room = { x: (shown.offsetWidth * (zoom - 1)) / 2, y: (shown.offsetHeight * (zoom - 1)) / 2 };
  x = Math.max(-room.x, Math.min(room.x, x));
  y = Math.max(-room.y, Math.min(room.y, y));
  shown.style.transform = zoom === 1 ? "" : `translate(${x}px, ${y}px) scale(${zoom})`;
  shown.closest("[data-stage]").toggleAttribute("data-zoomed", zoom > 1);
  const words = content.querySelector("[data-zoom-words]");
  if (words) words.textContent = `${Math.round(zoom * 100)} %`;
}

/** Zoom so that the point of the picture under (clientX, clientY) stays where it is. */
function zoomTo(next, clientX, clientY) {
  const shown = frame();
  if (!shown) return;
  const bounded = Math.max(1, Math.min(MOST, next));
  const stage = shown.closest("[data-stage]").getBoundingClientRect();
  const from = { x: (clientX ?? stage.left + stage.width / 2) - stage.left - stage.width / 2, y: (clientY ?? stage.top + stage.height / 2) - stage.top - stage.height / 2 };
  x = from.x - ((from.x - x) * bounded) / zoom;
  y = from.y - ((from.y - y) * bounded) / zoom;
  zoom = bounded;
  draw();
}

const fingers = new Map();
let start = null;

content?.addEventListener("wheel", (event) => {
  if (!event.target.closest("[data-stage]") || !frame()) return;
  if (!dialog?.open && !event.ctrlKey && zoom === 1) return; // on its own page the wheel scrolls until one has zoomed
  event.preventDefault();
  zoomTo(zoom * Math.exp(-event.deltaY / 300), event.clientX, event.clientY);
}, { passive: false });

content?.addEventListener("dblclick", (event) => {
  if (!event.target.closest("[data-frame]")) return;
  if (zoom > 1) fit();
  else zoomTo(2.5, event.clientX, event.clientY);
});

content?.addEventListener("pointerdown", (event) => {
  if (!event.target.closest("[data-stage]") || event.target.closest("a, button, input")) return;
  fingers.set(event.pointerId, event);
  start = { x, y, zoom, at: middle(), apart: apart(), moved: 0 };
  event.target.closest("[data-stage]").setPointerCapture(event.pointerId);
});

content?.addEventListener("pointermove", (event) => {
  if (!fingers.has(event.pointerId) || !start) return;
  fingers.set(event.pointerId, event);
  const now = middle();
  start.moved = now.x - start.at.x;
  if (fingers.size > 1 && start.apart) zoomTo((start.zoom * apart()) / start.apart, now.x, now.y);
  else if (zoom > 1) {
    x = start.x + now.x - start.at.x;
    y = start.y + now.y - start.at.y;
    draw();
  }
});

for (const end of ["pointerup", "pointercancel"])
  content?.addEventListener(end, (event) => {
    if (!fingers.delete(event.pointerId) || !start) return;
    if (end === "pointerup" && !fingers.size && zoom === 1 && start.zoom === 1 && Math.abs(start.moved) > SWIPE && event.pointerType !== "mouse")
      go(start.moved > 0 ? -1 : 1);
    start = fingers.size ? { x, y, zoom, at: middle(), apart: apart(), moved: 0 } : null;
  });

function middle() {
  const all = [...fingers.values()];
  return { x: all.reduce((sum, each) => sum + each.clientX, 0) / all.length, y: all.reduce((sum, each) => sum + each.clientY, 0) / all.length };
}

function apart() {
  const [one, other] = [...fingers.values()];
  return other ? Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) : 0;
}

// ---- Buttons and keys -------------------------------------------------------------------------------------------------

content?.addEventListener("click", (event) => {
  const closer = event.target.closest("[data-zoom]")?.dataset.zoom;
  if (closer === "in") zoomTo(zoom * STEP);
  if (closer === "out") zoomTo(zoom / STEP);
  if (closer === "fit") fit();
  const toggle = event.target.closest("[data-toggle]");
  if (toggle) show(toggle.dataset.toggle, toggle.getAttribute("aria-pressed") !== "true");
});

/** Show or hide one of the things that lie over a picture; the other goes. */
function show(name, on) {
  for (const button of content.querySelectorAll("[data-toggle]"))
    button.setAttribute("aria-pressed", String(on && button.dataset.toggle === name));
  const overlay = content.querySelector("[data-overlay]");
  if (overlay) {
    overlay.src ||= overlay.dataset.src;
    overlay.hidden = !(on && name === "overlay");
  }
  compare.show(content, on && name === "compare");
}

const KEYS = {
  ArrowLeft: () => (zoom > 1 ? pan(80, 0) : go(-1)),
  ArrowRight: () => (zoom > 1 ? pan(-80, 0) : go(1)),
  ArrowUp: () => zoom > 1 && pan(0, 80),
  ArrowDown: () => zoom > 1 && pan(0, -80),
  "+": () => zoomTo(zoom * STEP),
  "=": () => zoomTo(zoom * STEP),
  "-": () => zoomTo(zoom / STEP),
  0: fit,
};

function pan(right, down) {
  x += right;
  y += down;
  draw();
}

document.addEventListener("keydown", (event) => {
  if (!viewer() || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea, summary") || (document.querySelector("dialog[open]") ?? dialog) !== dialog) return;
  const act = KEYS[event.key];
  if (!act || (event.key.startsWith("Arrow") && !dialog?.open && zoom === 1 && ["ArrowUp", "ArrowDown"].includes(event.key))) return;
  event.preventDefault();
  act();
});

// ---- Another background -----------------------------------------------------------------------------------------------

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-change]");
  if (!form) return;
  event.preventDefault();
  delete form.dataset.sent;
  const button = form.querySelector("button:not([type=button])");
  button.disabled = true;
  const answer = await post(form.action, new FormData(form));
  button.disabled = false;
  if (answer?.ok) load(viewer().dataset.fragment, { keep: true });
});

document.addEventListener("lumiku:pose-update", ({ detail }) => {
  if (viewer() && detail.pose?.id === viewer().dataset.viewer && !content.querySelector("[aria-busy]"))
    load(viewer().dataset.fragment, { keep: true });
});
document.addEventListener("lumiku:stale", () => {
  if (viewer()?.hasAttribute("data-changing")) load(viewer().dataset.fragment, { keep: true });
});

// A file that the browser could not load: most likely its link has run out, so fresh links are asked for, once a minute.
let renewed = 0;
document.addEventListener("error", (event) => {
  if (!event.target.matches?.("[data-full]") || Date.now() - renewed < 60000) return;
  renewed = Date.now();
  load(viewer().dataset.fragment, { keep: true });
}, true);

if (viewer()) ready();
