// What tells of an order while nobody looks at its page: the title, the favicon as a ring, and, for whoever asked for it,
// a notification when it has ended.

const title = document.title;
const icon = document.getElementById("favicon");
const still = icon.href;
const SIDE = 64;

/** Show how far an order is. */
export function show({ done, total, percentage }) {
  document.title = `(${done}/${total}) ${title}`;
  ring(percentage / 100);
}

/** Show that it has ended. */
export function end({ ok }) {
  document.title = `${ok ? "✓" : "!"} ${title}`;
  icon.type = "image/svg+xml";
  icon.href = still;
}

function ring(share) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const pen = canvas.getContext("2d");
  const colours = getComputedStyle(document.documentElement);
  pen.lineWidth = 12;
  for (const [colour, end] of [[colours.getPropertyValue("--line"), 1], [colours.getPropertyValue("--accent"), share]]) {
    pen.strokeStyle = colour;
    pen.beginPath();
    pen.arc(SIDE / 2, SIDE / 2, SIDE / 2 - 8, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * Math.max(0.02, end));
    pen.stroke();
  }
  icon.type = "image/png";
  icon.href = canvas.toDataURL();
}

// ---- Notifications: asked for only by pressing the button --------------------------------------------------------------

const key = (id) => `lumiku-tell-${id}`;
const possible = () => "Notification" in window && Notification.permission !== "denied" && isSecureContext;

/** Let `button` ask to be told when the order `id` has ended; `told` is what it then says. */
export function offer(id, button, told) {
  if (!button || !possible()) return;
  button.hidden = false;
  const promised = () => {
    button.setAttribute("aria-pressed", "true");
    button.disabled = true;
    button.querySelector("span").textContent = told;
  };
  if (localStorage.getItem(key(id)) && Notification.permission === "granted") promised();
  button.addEventListener("click", async () => {
    if ((await Notification.requestPermission()) !== "granted") return (button.hidden = true);
    localStorage.setItem(key(id), "1");
    promised();
  });
}

/** Tell whoever asked that the order `id` has ended; one page of several does. */
export function notify(id, heading, body) {
  if (!possible() || !localStorage.getItem(key(id))) return;
  localStorage.removeItem(key(id));
  try {
    const note = new Notification(heading, { body, tag: id, icon: still });
    note.onclick = () => window.focus();
  } catch {
    // Some phones allow notifications to service workers only; the title says it, too.
  }
}
