// The list of links: an address is selected as a whole, and phones offer their own ways to send it.

document.addEventListener("focusin", (event) => {
  if (event.target.matches("[data-select]")) event.target.select();
});

if (navigator.share)
  for (const button of document.querySelectorAll("[data-send]")) {
    button.hidden = false;
    button.addEventListener("click", () =>
      navigator.share({ title: button.dataset.title, url: button.dataset.send }).catch(() => {}),
    );
  }
