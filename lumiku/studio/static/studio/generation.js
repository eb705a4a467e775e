// An order while it runs: tiles fill in one by one, the dial turns, title and favicon follow, and when it has ended its
// results are there without a reload. Many events at once are drawn once a frame.

import { showBalance } from "./base.js";
import { isSignedOut, signedOut } from "./live.js";
import { reconcile, settle } from "./tiles.js";
import * as beacon from "./beacon.js";
import "./pictures.js";

const root = document.getElementById("generation");
const id = root.dataset.generation;
const announcer = document.querySelector("[data-announce]");
const FRAME = 250, CALM = 2000, SPOKEN = 8000, QUEUE = 10000, SOON = 5;
const ENDS = ["completed", "partial", "failed", "cancelled"];

const head = () => document.getElementById("generation-head");
const isOpen = () => ["pending", "processing"].includes(head().dataset.status);

// ---- News -------------------------------------------------------------------------------------------------------------

const poses = new Map();
let newest = null, scheduled = 0, endsAt = 0, spoken = 0;

document.addEventListener("lumiku:pose-generation-update", ({ detail }) => {
  if (detail.generationId !== id) return;
  if (detail.pose) poses.set(detail.pose.id, detail.pose);
  newest = detail;
  if (ENDS.includes(detail.type)) {
    flush();
    return draw();
  }
  if (detail.type === "started") refresh(FRAME);
  if (detail.pose?.status === "failed") refresh();
  // A hidden page gets no frames, and its title must go on.
  scheduled ||= setTimeout(flush, document.hidden ? FRAME : FRAME / 4);
});

function flush() {
  clearTimeout(scheduled);
  scheduled = 0;
  for (const pose of poses.values()) {
    const tile = document.querySelector(`[data-picture="${CSS.escape(pose.id)}"]`);
    if (tile) settle(tile, pose);
  }
  poses.clear();
  if (newest && isOpen()) count(newest);
}

function count({ completed, failed, total, percentage, etaSeconds }) {
  const shown = head();
  Object.assign(shown.dataset, { completed, failed, total, percentage });
  if (etaSeconds !== null && etaSeconds !== undefined) endsAt = Date.now() + etaSeconds * 1000;
  words("[data-done]", completed);
  words("[data-failed]", failed);
  words("[data-percentage]", percentage);
  const line = shown.querySelector("[data-failed-words]");
  if (line) line.hidden = !failed;
  shown.querySelector("[data-dial]")?.setAttribute("aria-valuenow", percentage);
  shown.querySelector("[data-arc]")?.setAttribute("stroke-dasharray", `${percentage} 100`);
  tick();
  beacon.show({ done: completed + failed, total, percentage });
  if (Date.now() - spoken > SPOKEN) speak(completed, total);
}

const words = (place, text) => {
  const found = head().querySelector(place);
  if (found) found.textContent = text;
};

function speak(done, total) {
  spoken = Date.now();
  announcer.textContent = root.dataset.wordsAnnounce.replace("{done}", done).replace("{total}", total);
}

function tellEnd() {
  const told = head().querySelector("[data-outcome]").textContent.trim();
  announcer.textContent = told;
  beacon.end({ ok: head().dataset.status !== "failed" });
  beacon.notify(id, root.dataset.wordsDone, told);
}

// ---- How long it still takes ------------------------------------------------------------------------------------------

function tick() {
  const place = head().querySelector("[data-eta-words]");
  if (!place || !endsAt) return;
  const left = Math.round((endsAt - Date.now()) / 1000);
  place.hidden = false;
  if (left < SOON) place.textContent = root.dataset.wordsSoon;
  else if (left < 90) place.textContent = root.dataset.wordsSeconds.replace("{n}", Math.ceil(left / 5) * 5);
  else place.textContent = root.dataset.wordsMinutes.replace("{n}", Math.round(left / 60));
}

// ---- The rows anew ----------------------------------------------------------------------------------------------------

let asked = 0;
/** Read the order anew soon; many calls are one. */
function refresh(pause = CALM) {
  asked ||= setTimeout(draw, pause);
}

async function draw() {
  clearTimeout(asked);
  asked = 0;
  // A question that stands open belongs to the head, which must not go from under it.
  if (document.querySelector(".dialog[open]") || !navigator.onLine) return refresh();
  const answer = await fetch(`${root.dataset.summary}?tiles=1`, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (isSignedOut(answer)) return signedOut();
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  reconcile(document.getElementById("pictures"), fresh.getElementById("pictures"));
  const wasOpen = isOpen();
  if (wasOpen || fresh.getElementById("generation-head").dataset.status !== head().dataset.status) {
    head().replaceWith(fresh.getElementById("generation-head"));
    begin();
  }
  if (wasOpen && !isOpen()) tellEnd();
  document.dispatchEvent(new CustomEvent("lumiku:drawn"));
}

document.addEventListener("lumiku:stale", () => isOpen() && draw());

// A thumbnail that could not be loaded: its link has run out while the page stood open.
document.addEventListener("error", ({ target }) => {
  if (!target.matches?.(".picture-image")) return;
  target.dataset.broken = "";
  refresh();
}, true);

// ---- A head that was just drawn ---------------------------------------------------------------------------------------

function begin() {
  const { balanceNow, eta, completed, failed, total, percentage } = head().dataset;
  showBalance(Number(balanceNow));
  if (!isOpen()) return;
  if (eta) endsAt = Date.now() + Number(eta) * 1000;
  tick();
  beacon.show({ done: Number(completed) + Number(failed), total: Number(total), percentage: Number(percentage) });
  beacon.offer(id, head().querySelector("[data-tell]"), root.dataset.wordsTold);
}

setInterval(() => isOpen() && tick(), 1000);
// No event tells how many orders are before this one.
setInterval(() => head().dataset.status === "pending" && !document.hidden && refresh(), QUEUE);
begin();

if (new URLSearchParams(location.search).has("placed")) {
  history.replaceState(history.state, "", location.pathname);
  import("./picks.js").then((picks) => picks.clear(), () => {});
}
