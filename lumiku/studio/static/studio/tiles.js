// Tiles of pictures: what an event or a fresh answer of the server changes about them. The markup is the server's
// (studio/_picture_tile.html); here a tile only learns its state, its picture and its address.

/** Show on its tile what became of a picture; `pose` is as on the wire. */
export function settle(tile, pose) {
  if (tile.dataset.status === "completed" && pose.status !== "completed") return;
  tile.dataset.status = pose.status;
  if (pose.status !== "completed" || !pose.thumbnailUrl) return;
  const link = tile.querySelector(".picture-open");
  link.href = link.dataset.href || link.href;
  tile.querySelector("[data-on-its-way]")?.remove();
  if (Number.isFinite(pose.poseScore) && !tile.querySelector(".picture-score")) link.after(scoreOf(pose.poseScore));
  paint(tile, pose.thumbnailUrl);
}

/** Put a picture onto its tile once it is decoded, so that nothing flashes. */
export function paint(tile, url) {
  const old = tile.querySelector(".picture-image");
  if (old && path(old.src) === path(url) && !old.dataset.broken) return;
  const image = new Image(400, 400);
  image.className = "picture-image";
  image.alt = tile.dataset.name;
  image.src = url;
  image.decode().catch(() => {}).then(() => {
    tile.dataset.fresh = "";
    if (old) old.replaceWith(image);
    else tile.querySelector(".picture-open").prepend(image);
    const ghost = tile.querySelector(".picture-ghost");
    if (ghost) setTimeout(() => ghost.remove(), 600);
  });
}

function scoreOf(score) {
  const mark = document.createElement("span");
  mark.className = "picture-score";
  mark.textContent = `${score} %`;
  return mark;
}

/** Bring the tiles of `fresh` (a list from the server) into `shown`: only what differs is touched. */
export function reconcile(shown, fresh) {
  const known = new Map([...shown.children].map((tile) => [tile.dataset.picture, tile]));
  for (const tile of [...fresh.children]) {
    const old = known.get(tile.dataset.picture);
    if (!old) shown.append(tile);
    else if (differs(old, tile)) replace(old, tile);
  }
}

function differs(old, tile) {
  const [before, after] = [old, tile].map((each) => each.querySelector(".picture-image"));
  return old.dataset.status !== tile.dataset.status || Boolean(before?.dataset.broken) || path(before?.src) !== path(after?.src);
}

function replace(old, tile) {
  const chosen = old.querySelector("[name=results]").checked;
  const held = old.contains(document.activeElement) && document.activeElement.className;
  if (old.dataset.status !== tile.dataset.status) tile.dataset.fresh = "";
  old.replaceWith(tile);
  tile.querySelector("[name=results]").checked = chosen;
  if (held) tile.querySelector(`.${CSS.escape(held)}`)?.focus();
}

/** The file behind a signed link: the same file has another link every few minutes. */
export const path = (url) => (url ? new URL(url, location.href).pathname : "");
