// The grid of poses: picking by click, range and keyboard; filters that follow the address; a photo that is dropped.

import { toast } from "./base.js";
import * as picks from "./picks.js";

document.documentElement.classList.add("scripted");

const pictures = () => [...document.querySelectorAll("[data-poses] [data-pick]")];
const card = (element) => element.closest("[data-pose]");
/** Return the pose that an element belongs to, as picks are kept; cards show its name and picture, pages say them. */
function pickOf(element) {
  const { pose: id, name, thumbnail } = card(element).dataset;
  const shown = card(element).querySelector("[data-pick]");
  return { id, name: name ?? shown.getAttribute("aria-label"), thumbnail: thumbnail ?? shown.querySelector("img")?.getAttribute("src") ?? "" };
}
let anchor = null;

// ---- Picking ----------------------------------------------------------------------------------------------------------

function show() {
  const picked = new Set(picks.all().map((pick) => pick.id));
  for (const picture of pictures()) {
    picture.setAttribute("role", "checkbox");
    picture.setAttribute("aria-checked", String(picked.has(card(picture).dataset.pose)));
  }
  for (const button of document.querySelectorAll("[data-pick-toggle]")) {
    button.hidden = false;
    button.setAttribute("aria-pressed", String(picked.has(card(button).dataset.pose)));
  }
}

function take(...chosen) {
  if (!picks.add(...chosen)) toast(document.getElementById("picks").dataset.full, "error");
}

function toggle(element) {
  const pick = pickOf(element);
  if (picks.has(pick.id)) picks.remove(pick.id);
  else take(pick);
  anchor = pick.id;
}

/** Do to everything from the last toggled picture to this one what was done to that. */
function extendTo(picture) {
  const shown = pictures();
  const from = shown.findIndex((other) => card(other).dataset.pose === anchor);
  if (from < 0) return toggle(picture);
  const to = shown.indexOf(picture);
  const range = shown.slice(Math.min(from, to), Math.max(from, to) + 1).map(pickOf);
  if (from > to) range.reverse();
  if (picks.has(anchor)) take(...range);
  else picks.remove(...range.map((pick) => pick.id));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-pick-toggle]");
  if (button) toggle(button);
  const picture = event.target.closest("[data-pick]");
  if (!picture || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  if (event.shiftKey && anchor) extendTo(picture);
  else toggle(picture);
});

const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: "up", ArrowDown: "down", Home: "first", End: "last" };

document.addEventListener("keydown", (event) => {
  const picture = event.target.closest?.("[data-pick]");
  if (event.key === "Escape" && (picture || event.target === document.body)) picks.clearWithUndo();
  if (!picture || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === " " || event.key === "Enter") {
    event.preventDefault();
    if (event.shiftKey && anchor) extendTo(picture);
    else toggle(picture);
  } else if (event.key in STEPS) {
    const next = neighbour(picture, STEPS[event.key]);
    if (!next) return;
    event.preventDefault();
    if (event.shiftKey) {
      anchor ??= pickOf(picture).id;
      if (!picks.has(anchor)) take(pickOf(picture));
    }
    next.focus();
    if (event.shiftKey) extendTo(next);
  }
});

function neighbour(picture, step) {
  const row = [...picture.closest("[data-poses]").querySelectorAll("[data-pick]")];
  const at = row.indexOf(picture);
  if (step === "first" || step === "last") return row.at(step === "first" ? 0 : -1);
  if (typeof step === "number") return row[at + step];
  const top = card(row[0]).offsetTop;
  const columns = row.findIndex((other) => card(other).offsetTop !== top);
  return columns > 0 ? row[at + (step === "up" ? -columns : columns)] : undefined;
}

/** Bring the chosen one of each row of chips into sight. */
function reveal() {
  for (const chosen of document.querySelectorAll(".chips [aria-current]")) {
    const row = chosen.parentElement;
    row.scrollLeft = chosen.offsetLeft - (row.clientWidth - chosen.offsetWidth) / 2;
  }
}

picks.onChange(show);
for (const now of ["htmx:afterSettle", "htmx:oobAfterSwap"]) document.addEventListener(now, () => { show(); reveal(); });
show();
reveal();

// ---- Filters show what the address says --------------------------------------------------------------------------------

function followAddress() {
  const form = document.getElementById("filters");
  if (!form) return;
  const asked = new URLSearchParams(location.search);
  for (const field of form.elements) {
    if (!field.name || (field.id === "search" && field === document.activeElement)) continue;
    if (field.type === "checkbox") field.checked = asked.get(field.name) === field.value;
    else field.value = asked.get(field.name) ?? "";
  }
}

document.addEventListener("htmx:pushedIntoHistory", followAddress);
document.addEventListener("htmx:configRequest", ({ detail }) => {
  // Addresses without what is not asked for are shorter to share.
  if (detail.elt.id !== "filters") return;
  for (const [name, value] of [...detail.formData.entries()]) if (value === "") detail.formData.delete(name);
});

// ---- A photo to find poses by -------------------------------------------------------------------------------------------

let photo = null;
let fromThisPage = false;
const hasFile = (event) => !fromThisPage && event.dataTransfer?.types.includes("Files");
const dropForm = () => document.querySelector("[data-drop]");

function cover(on) {
  const form = dropForm();
  if (form?.classList.contains("veil")) form.hidden = !on;
  form?.classList.toggle("over", on);
  if (on && form?.dataset.sheet) wear(form);
}

/** Load the looks of the page that a dropped photo leads to. */
function wear(form) {
  const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href: form.dataset.sheet });
  document.head.append(sheet);
  delete form.dataset.sheet;
}

addEventListener("dragstart", () => { fromThisPage = true; });
addEventListener("dragend", () => { fromThisPage = false; });
addEventListener("dragover", (event) => {
  if (!hasFile(event) || !dropForm()) return;
  event.preventDefault();
  cover(true);
});
addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) cover(false);
});
addEventListener("drop", (event) => {
  if (!hasFile(event) || !dropForm()) return;
  event.preventDefault();
  dropForm().querySelector("[data-photo]").files = event.dataTransfer.files;
  send();
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-photo]") && event.target.files.length) send();
});

function send() {
  photo = dropForm().querySelector("[data-photo]").files;
  showPhoto();
  dropForm().requestSubmit();
}

/** Show the photo that was sent, and lay it into the form that keeps its pose. */
function showPhoto() {
  if (!photo?.length) return;
  const frame = document.querySelector("[data-photo-frame]");
  if (frame) {
    frame.hidden = false;
    frame.querySelector("img").src = URL.createObjectURL(photo[0]);
  }
  const keep = document.querySelector("[data-keep]");
  if (keep) {
    keep.querySelector("[type=file]").files = photo;
    keep.querySelector("[data-keep-file]").hidden = true;
    keep.classList.add("known");
  }
}

document.addEventListener("htmx:afterSettle", showPhoto);
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.target.id === "find") cover(false);
});
