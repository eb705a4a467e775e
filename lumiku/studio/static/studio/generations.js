// The list of orders: those that run go on by themselves.

import { isSignedOut, signedOut } from "./live.js";

const rowOf = (id) => document.querySelector(`[data-row="${CSS.escape(id)}"]`);

document.addEventListener("lumiku:pose-generation-update", ({ detail }) => {
  const row = rowOf(detail.generationId);
  if (!row) return;
  row.querySelector("[data-done]").textContent = detail.completed;
  const bar = row.querySelector("progress");
  if (bar) bar.value = detail.percentage;
  if (detail.type !== "progress" || detail.completed + detail.failed <= 6) later(row);
});
document.addEventListener("lumiku:stale", () => {
  for (const row of document.querySelectorAll('[data-row][data-status="pending"], [data-row][data-status="processing"]')) later(row);
});

// A row is drawn anew for its first pictures and its end, at most once a second.
const waiting = new Set();
function later(row) {
  if (waiting.has(row.dataset.row)) return;
  waiting.add(row.dataset.row);
  setTimeout(() => draw(row.dataset.row), 1000);
}

async function draw(id) {
  waiting.delete(id);
  const answer = await fetch(rowOf(id).dataset.href, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (isSignedOut(answer)) return signedOut();
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-row]");
  if (fresh) rowOf(id)?.replaceWith(fresh);
}

for (const choice of document.querySelectorAll("[data-submit]")) choice.addEventListener("change", () => choice.form.requestSubmit());
