// The public page: a picture opens large over the page. Arrow keys, buttons and swiping go on; Escape closes.
// Without this each picture is a plain link to itself.

const links = [...document.querySelectorAll("[data-picture]")];
const box = document.getElementById("lightbox");
let large = box.querySelector("[data-large]");
const place = box.querySelector("[data-place]");
const save = box.querySelector("[data-save]");
const wholes = new Map();
let at = 0;

const address = (index) => links[index].href;

function show(index) {
  at = (index + links.length) % links.length;
  place.textContent = `${at + 1} / ${links.length}`;
  save.href = `${address(at)}?save`;
  const thumbnail = links[at].querySelector("img");
  const whole = wanted(at);
  if (whole.complete && whole.naturalWidth) put(whole);
  else put(Object.assign(new Image(), { src: thumbnail.src, className: "waiting", alt: thumbnail.alt }));
}

function put(image) {
  image.width = links[at].dataset.width;
  image.height = links[at].dataset.height;
  large.replaceWith(image);
  large = image;
}

/** Return the whole picture, asked for at once; it takes its thumbnail's place when it has come and is still looked at. */
function wanted(index) {
  if (wholes.has(index)) return wholes.get(index);
  const whole = new Image();
  wholes.set(index, whole);
  whole.alt = links[index].querySelector("img").alt;
  whole.onload = () => {
    if (index !== at) return;
    put(whole);
    if (index + 1 < links.length && !navigator.connection?.saveData) wanted(index + 1);
  };
  whole.onerror = () => {
    wholes.delete(index);
    if (index === at) large.classList.remove("waiting");
  };
  whole.src = address(index);
  return whole;
}

function open(index) {
  show(index);
  box.showModal();
  box.querySelector("[data-shut]").focus();
}

links.forEach((link, index) =>
  link.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    open(index);
  }),
);

box.addEventListener("keydown", (event) => {
  if (event.key === "ArrowRight") show(at + 1);
  else if (event.key === "ArrowLeft") show(at - 1);
  else if (event.key === "Home") show(0);
  else if (event.key === "End") show(links.length - 1);
  else return;
  event.preventDefault();
});

box.addEventListener("click", (event) => {
  const step = event.target.closest("[data-step]");
  if (step) show(at + Number(step.dataset.step));
  else if (event.target === box || event.target.closest("[data-shut]")) box.close();
});
box.addEventListener("close", () => links[at].focus());
for (const step of box.querySelectorAll("[data-step]")) step.hidden = links.length < 2;

let from = null;
box.addEventListener("pointerdown", (event) => (from = event.isPrimary && event.pointerType === "touch" ? event : null));
box.addEventListener("pointerup", (event) => {
  if (!from || event.target.closest("button, a")) return;
  const across = event.clientX - from.clientX;
  const down = Math.abs(event.clientY - from.clientY);
  if (Math.abs(across) > 50 && down < 60 && (visualViewport?.scale ?? 1) === 1) show(at + (across < 0 ? 1 : -1));
  from = null;
});
