// What every page needs: menus that close, notes that go, colours, forms that are sent once, and a way to say so.

const words = JSON.parse(document.body.dataset.words);
export const say = (name) => words[name] ?? name;

/** Show a short note; `kind` is "success" or "error". */
export function toast(text, kind = "success") {
  const note = document.createElement("div");
  note.className = `toast ${kind}`;
  note.dataset.toast = "";
  const line = document.createElement("p");
  line.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "icon-button";
  close.dataset.dismiss = "";
  close.setAttribute("aria-label", say("close"));
  close.textContent = "×";
  note.append(line, close);
  document.getElementById("toasts").append(note);
}

/** Send a form-encoded POST to one of our own addresses and return the answer; refusals are shown as notes. */
export async function post(url, fields = {}) {
  const body = fields instanceof FormData ? fields : new URLSearchParams(fields);
  try {
    const answer = await fetch(url, { method: "POST", body, headers: { "X-CSRFToken": csrf(), "HX-Request": "true" } });
    if (answer.headers.get("HX-Redirect")) location.assign(answer.headers.get("HX-Redirect"));
    if (!answer.ok) showRefusal(await answer.text());
    return answer;
  } catch {
    toast(say(navigator.onLine ? "failed" : "offline"), "error");
    return null;
  }
}

export const csrf = () => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];

function showRefusal(markup) {
  const note = new DOMParser().parseFromString(markup, "text/html").querySelector("[data-toast]");
  if (note) document.getElementById("toasts").append(note);
  else toast(say("failed"), "error");
}

// ---- Notes: the good ones go by themselves, the bad ones wait to be read ----------------------------------------------

const LONG_ENOUGH = 6000;
const watchToasts = new MutationObserver(() => {
  for (const note of document.querySelectorAll("[data-toast]:not(.error):not([data-timed])")) {
    note.dataset.timed = "";
    setTimeout(() => note.remove(), LONG_ENOUGH);
  }
});
watchToasts.observe(document.getElementById("toasts"), { childList: true });

document.addEventListener("click", (event) => {
  event.target.closest("[data-dismiss]")?.closest("[data-toast], dialog")?.remove();
  for (const menu of document.querySelectorAll("details.menu[open]"))
    if (!menu.contains(event.target)) menu.open = false;
  const opener = event.target.closest("[data-open]");
  if (opener) document.getElementById(opener.dataset.open)?.showModal();
  const closer = event.target.closest("[data-close]");
  if (closer) closer.closest("dialog")?.close();
  const copier = event.target.closest("[data-copy]");
  if (copier) navigator.clipboard.writeText(copier.dataset.copy).then(() => toast(say("copied")));
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// ---- Forms: sent once, and destructive ones asked about ---------------------------------------------------------------

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.confirm && !form.dataset.confirmed) {
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(form.dataset.confirm, form.querySelector("button")?.textContent.trim()).then((yes) => {
      if (!yes) return;
      form.dataset.confirmed = "1";
      form.requestSubmit();
    });
    return;
  }
  if (form.method !== "post" || form.matches("[hx-post]") || event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
}, true);
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

/** Ask a yes-or-no question in a dialog; resolve to whether the answer was yes. */
export function ask(question, yes) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.innerHTML = `<form method="dialog"><p></p><div class="actions"><button class="button" value=""></button><button class="button danger" value="yes"></button></div></form>`;
  dialog.querySelector("p").textContent = question;
  const [no, sure] = dialog.querySelectorAll("button");
  no.textContent = say("close");
  sure.textContent = yes || "OK";
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => {
    resolve(dialog.returnValue === "yes");
    dialog.remove();
  }));
}

// ---- Colours ----------------------------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  const choice = event.target.closest("[data-theme-choice]");
  if (!choice) return;
  const theme = choice.dataset.themeChoice;
  document.cookie = `theme=${theme}; path=/; max-age=${theme ? 31536000 : 0}; samesite=lax`;
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  for (const other of choice.parentElement.children) other.setAttribute("aria-pressed", String(other === choice));
});

// ---- The network ------------------------------------------------------------------------------------------------------

addEventListener("offline", () => document.documentElement.classList.add("offline"));
addEventListener("online", () => document.documentElement.classList.remove("offline"));
document.addEventListener("htmx:sendError", () => toast(say(navigator.onLine ? "failed" : "offline"), "error"));

/** Show a new balance, in credits and in Rupiah, wherever the page has one. */
export function showBalance(balance) {
  const grouped = new Intl.NumberFormat(document.documentElement.lang);
  for (const place of document.querySelectorAll("[data-balance]")) place.textContent = grouped.format(balance);
  for (const place of document.querySelectorAll("[data-balance-rupiah]")) {
    place.textContent = `Rp\u00a0${grouped.format(balance * 100)}`;
  }
}
