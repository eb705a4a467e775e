// A month is shown as soon as it is chosen, and printed by the page's own button.

const form = document.querySelector("[data-submits]");
form.querySelector("[data-submit]").hidden = true;
form.addEventListener("change", () => form.requestSubmit());

const printer = document.querySelector("[data-print]");
printer.hidden = false;
printer.addEventListener("click", () => print());
