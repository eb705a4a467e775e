// Photos are dropped and seen before they are sent; a chosen ready-made person names the bar.

import { toast, say } from "./base.js";

for (const zone of document.querySelectorAll("[data-drop]")) {
  const input = zone.querySelector("input");
  const preview = zone.querySelector("img");
  const name = zone.querySelector("[data-drop-name]");

  input.addEventListener("change", () => show(input.files[0]));
  for (const kind of ["dragenter", "dragover"])
    zone.addEventListener(kind, (event) => {
      event.preventDefault();
      zone.classList.add("over");
    });
  for (const kind of ["dragleave", "drop"]) zone.addEventListener(kind, () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    const photo = [...event.dataTransfer.files].find((file) => file.type.startsWith("image/"));
    if (!photo) return toast(say("failed"), "error");
    const chosen = new DataTransfer();
    chosen.items.add(photo);
    input.files = chosen.files;
    show(photo);
  });

  function show(photo) {
    if (preview.src) URL.revokeObjectURL(preview.src);
    zone.classList.toggle("full", Boolean(photo));
    preview.hidden = !photo;
    if (!photo) return;
    preview.src = URL.createObjectURL(photo);
    name.textContent = photo.name;
  }
  if (input.files[0]) show(input.files[0]);
}

const named = document.querySelector("[data-preset-name]");
if (named) {
  const own = named.placeholder;
  const follow = () => {
    const chosen = document.querySelector(".preset input:checked");
    named.placeholder = chosen ? chosen.closest("[data-name]").dataset.name : own;
    document.querySelector("[data-preset-bar]").classList.toggle("ready", Boolean(chosen));
  };
  document.addEventListener("change", follow);
  follow();
}
