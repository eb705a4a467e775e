// A pose to turn: the figure is drawn here, the skeleton comes from the server in steps of 5°.

import { Figure } from "./figure.js";

const STEP = 5;
const PITCH = 60;
const PIXELS = 2.4; // of a drag for a degree




function turntable(root) {
  const find = (name) => root.querySelector(`[data-${name}]`);
  const stage = find("stage");
  const bones = find("bones");
  const preview = find("preview");
  const { keypoints, joints } = JSON.parse(document.getElementById("figure").textContent);
  const figure = new Figure(find("figure"), keypoints);
  let yaw = Number(root.dataset.yaw);
  let pitch = Number(root.dataset.pitch);
  let later;

  const address = (y, p) => `${root.dataset.skeleton}?yaw=${y}&pitch=${p}&size=${root.dataset.size}&format=webp`;
  const around = (degrees) => ((((degrees + 180) % 360) + 360) % 360) - 180;
  const snapped = (degrees) => Math.round(degrees / STEP) * STEP;
  const fetched = new Map();

  function picture(y, p) {
    const url = address(y, p);
    if (!fetched.has(url)) {
      const image = new Image();
      image.src = url;
      fetched.set(url, image);
    }
    return fetched.get(url);
  }

  function words() {
    const { left, right, above, below, level, front } = root.dataset;
    const said = { yaw: yaw ? (yaw > 0 ? left : right).replace("#", Math.abs(yaw)) : front, pitch: pitch ? (pitch > 0 ? above : below).replace("#", Math.abs(pitch)) : level };
    for (const name of ["yaw", "pitch"]) root.querySelector(`[data-said=${name}]`).textContent = said[name];
    stage.setAttribute("aria-valuenow", yaw);
    stage.setAttribute("aria-valuetext", `${said.yaw}, ${said.pitch}`);
  }

  function draw() {
    root.classList.toggle("turned", !!(yaw || pitch) || !preview);
    if (yaw || pitch || !preview) figure.draw(yaw, pitch);
  }

  function follow() {
    const url = address(yaw, pitch);
    picture(yaw, pitch).decode().then(() => { if (url === address(yaw, pitch)) bones.src = url; }, () => {});
  }

  function turn(y, p) {
    y = around(snapped(y));
    p = Math.max(-PITCH, Math.min(PITCH, snapped(p)));
    if (y === yaw && p === pitch) return;
    [yaw, pitch] = [y, p];
    root.classList.add("touched");
    draw();
    follow();
    show();
    clearTimeout(later);
    later = setTimeout(settle, 350);
  }

  function show() {
    words();
    for (const dial of root.querySelectorAll("[data-dial]")) dial.value = dial.dataset.dial === "yaw" ? yaw : pitch;
    for (const field of document.querySelectorAll("[data-camera]")) field.value = field.dataset.camera === "yaw" ? yaw : pitch;
    for (const side of root.querySelectorAll("[data-yaw-to]"))
      if (!pitch && around(Number(side.dataset.yawTo)) === yaw) side.setAttribute("aria-current", "true");
      else side.removeAttribute("aria-current");
  }

  /** The figure stands still: load its neighbours, ask what is hard from here, and let the address say the side. */
  function settle() {
    for (const [y, p] of [[STEP, 0], [-STEP, 0], [0, STEP], [0, -STEP]]) if (Math.abs(pitch + p) <= PITCH) picture(around(yaw + y), pitch + p);
    const here = `${location.pathname}${yaw || pitch ? `?yaw=${yaw}&pitch=${pitch}` : ""}`;
    history.replaceState(history.state, "", here);
    window.htmx.ajax("GET", here, { target: "#advice", swap: "innerHTML" });
  }

  // ---- By pointer, by key, by dial, by side ------------------------------------------------------------------------

  let grip = null;
  stage.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    stage.setPointerCapture(event.pointerId);
    grip = { x: event.clientX, y: event.clientY, yaw, pitch, tilts: event.pointerType === "mouse" };
  });
  stage.addEventListener("pointermove", (event) => {
    if (grip) turn(grip.yaw - (event.clientX - grip.x) / PIXELS, grip.pitch + (grip.tilts ? (event.clientY - grip.y) / PIXELS : 0));
  });
  for (const end of ["pointerup", "pointercancel"]) stage.addEventListener(end, () => { grip = null; });

  const KEYS = { ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP], PageUp: [0, 3 * STEP], PageDown: [0, -3 * STEP] };
  stage.addEventListener("keydown", (event) => {
    if (event.key === "Home") turn(0, 0);
    else if (event.key in KEYS) turn(yaw + KEYS[event.key][0], pitch + KEYS[event.key][1]);
    else return;
    event.preventDefault();
  });
  for (const dial of root.querySelectorAll("[data-dial]"))
    dial.addEventListener("input", () => turn(dial.dataset.dial === "yaw" ? Number(dial.value) : yaw, dial.dataset.dial === "pitch" ? Number(dial.value) : pitch));
  root.addEventListener("click", (event) => {
    const side = event.target.closest("[data-yaw-to]");
    if (!side || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    turn(Number(side.dataset.yawTo), 0);
  });

  // ---- The first sight ------------------------------------------------------------------------------------------------

  find("dials").hidden = false;
  show();
  const dress = () => { figure.dress(preview, joints); draw(); };
  if (preview && !preview.complete) preview.addEventListener("load", dress, { once: true });
  else if (preview) dress();
  draw();
  for (const step of [STEP, -STEP]) picture(around(yaw + step), pitch);
}

const place = document.querySelector("[data-turntable]");
if (place) turntable(place);
