// Before and after: the original lies over the picture and is cut off where the slider stands. A range input does the
// work, so it can be dragged, tapped and moved with the arrow keys.

/** Make the slider of a viewer work. */
export function ready(content) {
  const slider = content.querySelector("[data-compare] input");
  slider?.addEventListener("input", () => cut(content));
}

/** Show or hide the comparison of the picture in `content`. */
export function show(content, on) {
  const before = content.querySelector("[data-before]");
  const slider = content.querySelector("[data-compare]");
  if (!before) return;
  before.src ||= before.dataset.src;
  before.hidden = slider.hidden = !on;
  cut(content);
  if (on) slider.querySelector("input").focus();
}

function cut(content) {
  const share = content.querySelector("[data-compare] input").value;
  content.querySelector("[data-stage]").style.setProperty("--cut", `${share}%`);
}
