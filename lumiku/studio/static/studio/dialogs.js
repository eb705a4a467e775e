// Dialogs that links open: without this module the link loads a page on which the dialog stands open; here it opens in place.

for (const dialog of document.querySelectorAll("dialog[data-shown]")) {
  dialog.close();
  dialog.showModal();
  const wrong = dialog.querySelector("[aria-invalid]");
  if (wrong) wrong.focus();
}

document.addEventListener("click", (event) => {
  if (event.target.closest("a[data-open], a[data-close]")) event.preventDefault();
});

// A photo that was chosen replaces the choice of an avatar, and the other way round.
document.addEventListener("change", (event) => {
  const form = event.target.form;
  const photo = form?.elements.photo;
  if (!photo) return;
  if (event.target === photo && photo.files.length)
    for (const person of form.querySelectorAll("[name=person]")) person.checked = false;
  if (event.target.name === "person") photo.value = "";
});
