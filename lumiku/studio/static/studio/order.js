// The order page: small hands for the form. The price comes from the server with every change; nothing is summed here.

import { post, showBalance } from "./base.js";

const form = document.querySelector("[data-order]");
const most = JSON.parse(form.dataset.most);

/** Tell the form that a module has changed it, so that a new price is asked for. */
const changed = (field = form) => field.dispatchEvent(new Event("input", { bubbles: true }));

// ---- Enter never buys ---------------------------------------------------------------------------------------------------

form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("input")) return;
  event.preventDefault();
  if (event.target.matches('[type="radio"], [type="checkbox"]')) event.target.click();
  else changed(event.target);
});

form.addEventListener("submit", (event) => {
  if (event.submitter?.getAttribute("aria-disabled") !== "true") return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const wrong = form.querySelector('[aria-invalid="true"]');
  wrong?.closest("details")?.setAttribute("open", "");
  (wrong ?? (form.elements.kind.value === "words" ? form.elements.description : form.querySelector(".picked-none a"))).focus();
}, true);

// ---- Poses --------------------------------------------------------------------------------------------------------------

/** Take poses out of the order, and out of the picks that the library keeps. */
async function drop(rows) {
  for (const row of rows) row.remove();
  const left = form.querySelector("[data-pick]");
  if (!left) form.querySelector("[data-picked]").hidden = true;
  form.querySelector("[data-picked-none]").hidden = Boolean(left);
  changed();
  const picks = await import("./picks.js").catch(() => null);
  for (const row of rows) picks?.remove?.(row.dataset.pick);
}

form.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.matches("[data-drop]")) {
    event.preventDefault();
    const row = button.closest("[data-pick]");
    const next = (row.nextElementSibling ?? row.previousElementSibling)?.querySelector("button, a");
    drop([row]);
    next?.focus();
  }
  if (button.matches("[data-drop-premium]")) drop([...form.querySelectorAll("[data-premium]")]);
  if (button.matches("[data-step]")) step(Number(button.dataset.step));
  if (button.matches("[data-fit-poses]")) fit(button.dataset);
  if (button.matches("[data-pay-credits]")) choose(form.querySelector('[name="pay_with"][value="credits"]'));
  if (button.matches("[data-all]")) all(button.closest("[data-set]"));
  if (button.matches("[data-colour]")) colour(button.dataset.colour);
  if (button.matches("[data-scene]")) scene(button.dataset.scene);
});

function choose(box) {
  if (!box) return;
  box.checked = true;
  changed(box);
}

// ---- Numbers ------------------------------------------------------------------------------------------------------------

const variations = form.elements.variations;

function step(by) {
  variations.value = Math.min(Number(variations.max), Math.max(1, (Number(variations.value) || 1) + by));
  changed(variations);
}

/** Make the order as small as the balance allows: the first poses, the first views, fewer variations. */
function fit({ fitPoses, fitCameras, fitVariations }) {
  variations.value = fitVariations;
  const cameras = [...form.querySelectorAll('[name="cameras"]:checked')];
  for (const camera of cameras.slice(Number(fitCameras))) camera.checked = false;
  const rows = form.elements.kind.value === "words" ? [] : [...form.querySelectorAll("[data-pick]")].slice(Number(fitPoses));
  if (rows.length) drop(rows);
  else changed();
}

form.addEventListener("input", (event) => {
  if (event.target.name === "kind") {
    variations.max = most[event.target.value];
    variations.value = Math.min(variations.value, variations.max);
  }
  if (event.target.name === "background_color") markSwatch();
});

// ---- Background ---------------------------------------------------------------------------------------------------------

function colour(value) {
  form.elements.background_color.value = value.toLowerCase();
  changed(form.elements.background_color);
}

function markSwatch() {
  for (const swatch of form.querySelectorAll("[data-colour]"))
    swatch.setAttribute("aria-pressed", String(swatch.dataset.colour.toLowerCase() === form.elements.background_color.value));
}
markSwatch();

function scene(words) {
  const field = form.elements.background_prompt;
  field.value = words;
  changed(field);
  field.focus();
}

function all(set) {
  const boxes = [...set.querySelectorAll("input")];
  const wanted = !boxes.every((box) => box.checked);
  for (const box of boxes) box.checked = wanted;
  changed();
}

/** Send a picture for the background; it comes back as a choice that is chosen. */
async function upload(input) {
  const [file] = input.files;
  if (!file) return;
  const fields = new FormData();
  fields.append("file", file);
  const tile = input.closest("label");
  tile.classList.add("busy");
  const answer = await post(input.dataset.upload, fields);
  tile.classList.remove("busy");
  input.value = "";
  if (!answer?.ok) return;
  tile.insertAdjacentHTML("afterend", await answer.text());
  changed();
}

form.addEventListener("change", (event) => event.target.matches("[data-upload]") && upload(event.target));

// ---- Dropping a file ----------------------------------------------------------------------------------------------------

for (const kind of ["dragover", "dragleave", "drop"])
  document.addEventListener(kind, (event) => {
    const zone = event.target.closest?.("[data-drop-zone]");
    if (!zone) return;
    event.preventDefault();
    zone.classList.toggle("dragged", kind === "dragover");
    if (kind !== "drop" || !event.dataTransfer.files.length) return;
    const input = zone.querySelector("input");
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });

// ---- A model, made right here -------------------------------------------------------------------------------------------

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-preview]")) return;
  const [file] = event.target.files;
  const zone = event.target.closest("label");
  const picture = zone.querySelector("[data-preview-picture]");
  if (picture.src) URL.revokeObjectURL(picture.src);
  if (file) picture.src = URL.createObjectURL(file);
  else picture.removeAttribute("src");
  showPreview(picture, Boolean(file));
});

for (const picture of document.querySelectorAll("[data-preview-picture]"))
  picture.addEventListener("error", () => showPreview(picture, false));

function showPreview(picture, shown) {
  picture.hidden = !shown;
  picture.nextElementSibling.hidden = shown;
}

document.addEventListener("htmx:afterRequest", (event) => {
  const sender = event.target;
  if (!sender.matches?.("[data-person]") || event.detail.xhr.status >= 400 || !event.detail.xhr.status) return;
  sender.closest("dialog").close();
  sender.reset();
  for (const fault of sender.querySelectorAll("[id$=fault]")) fault.replaceChildren();
  sender.querySelector("[data-preview]")?.dispatchEvent(new Event("change", { bubbles: true }));
  const balance = document.querySelector("#people [data-new-balance]");
  if (balance) showBalance(Number(balance.dataset.newBalance));
});

// ---- What is said beside a field belongs to it ---------------------------------------------------------------------------

function markFaults() {
  for (const fault of form.querySelectorAll(".fault")) {
    const wrong = Boolean(fault.firstElementChild);
    for (const field of form.querySelectorAll(`[name="${fault.id.slice(6)}"]`))
      if (!field.matches('[type="hidden"]')) field.toggleAttribute("aria-invalid", false), wrong && field.setAttribute("aria-invalid", "true");
  }
}
document.addEventListener("htmx:afterSettle", markFaults);
markFaults();
const first = form.querySelector('[aria-invalid="true"]');
first?.closest("details")?.setAttribute("open", "");
first?.focus();
