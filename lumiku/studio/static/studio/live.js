// A user's news on a page: one WebSocket for everything that the page shows, resumed by number, so that a reload, sleep
// or a lost network miss nothing.
//
// A page says where it stands: <div data-live="42"> (studio/_live.html), the number of the newest event before its rows
// were read. Each event is told on `document` as `lumiku:<name>` (pose-generation-update, pose-update, avatar-update,
// credits-update) with its data as `detail`. `lumiku:stale` says: read your rows anew, because the numbers no longer
// reach back or because no socket gets through. `lumiku:live` tells the state: live, waiting, offline or signed-out.

import { showBalance } from "./base.js";

const PAUSES = [500, 1000, 2000, 4000, 8000, 15000];
const CROWDED = 30000, BEAT = 25000, ANSWER = 8000, POLL = 5000, PATIENCE = 3000;
const SIGNED_OUT = 4401, TOO_MANY = 4429;

const place = document.querySelector("[data-live]");
let cursor = place?.dataset.live ? Number(place.dataset.live) : null;
let socket = null, state = "", tries = 0, heard = 0;
let again = 0, beat = 0, poll = 0, notice = 0;

/** Return the state of the connection: "live", "waiting", "offline" or "signed-out". */
export const current = () => state;

/** Say that an answer to the page came from the log-in: the session is gone. */
export function signedOut() {
  leave();
  enter("signed-out");
}

/** Whether an answer leads to the log-in instead of being what was asked for. */
export const isSignedOut = (answer) => Boolean(answer && (answer.redirected || answer.headers.has("HX-Redirect")));

function connect() {
  clearTimeout(again);
  if (socket || state === "signed-out") return;
  if (!navigator.onLine) return enter("offline");
  if (state !== "live") enter("waiting");
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const mine = new WebSocket(`${scheme}://${location.host}/pose-generator`);
  socket = mine;
  mine.onopen = () => mine.send(JSON.stringify(cursor === null ? { type: "auth" } : { type: "auth", after: cursor }));
  mine.onmessage = ({ data }) => socket === mine && hear(JSON.parse(data));
  mine.onclose = ({ code }) => socket === mine && lost(code);
}

function hear(frame) {
  heard = Date.now();
  if (frame.event === "connected") {
    tries = 0;
    cursor ??= frame.seq;
    return enter("live");
  }
  if (frame.event === "stream-reset") {
    cursor = frame.seq;
    return tell("stale");
  }
  if (frame.seq === undefined || frame.seq <= cursor) return;
  cursor = frame.seq;
  if (frame.event === "credits-update" && Number.isFinite(frame.data.balance)) showBalance(frame.data.balance);
  tell(frame.event, frame.data);
}

const tell = (name, detail) => document.dispatchEvent(new CustomEvent(`lumiku:${name}`, { detail }));

function lost(code) {
  socket = null;
  if (code === SIGNED_OUT) return enter("signed-out");
  enter(navigator.onLine ? "waiting" : "offline");
  const pause = code === TOO_MANY ? CROWDED : PAUSES[Math.min(tries++, PAUSES.length - 1)];
  again = setTimeout(connect, pause * (0.75 + Math.random() / 2));
}

/** Give the socket up without waiting for its farewell, which a dead network never sends. */
function leave() {
  clearTimeout(again);
  const mine = socket;
  socket = null;
  mine?.close();
}

function renew() {
  leave();
  connect();
}

function enter(next) {
  if (next === state) return;
  state = next;
  clearInterval(beat);
  clearInterval(poll);
  clearTimeout(notice);
  if (state === "live") beat = setInterval(listen, BEAT);
  if (state === "waiting") poll = setInterval(() => navigator.onLine && tell("stale"), POLL);
  // A restart of ours takes a second or two, which nobody needs to read about.
  if (state === "waiting") notice = setTimeout(show, PATIENCE);
  else show();
  tell("live", { state });
}

function show() {
  for (const line of place?.querySelectorAll("[data-when]") ?? []) line.hidden = line.dataset.when !== state;
}

/** Ask whether the other end is still there; no answer means a new connection. */
function listen() {
  if (!socket || socket.readyState !== WebSocket.OPEN) return renew();
  const asked = Date.now();
  socket.send(JSON.stringify({ type: "ping" }));
  setTimeout(() => state === "live" && heard < asked && renew(), ANSWER);
}

addEventListener("offline", () => {
  if (state === "signed-out") return;
  leave();
  enter("offline");
});
addEventListener("online", () => state !== "signed-out" && renew());
document.addEventListener("visibilitychange", () => {
  if (document.hidden || state === "signed-out") return;
  if (state === "live") listen();
  else renew();
});
// A page that is kept for the back button must not hold a socket, and catches up when it is shown again.
addEventListener("pagehide", () => {
  leave();
  if (state !== "signed-out") state = "";
  clearInterval(beat);
  clearInterval(poll);
});
addEventListener("pageshow", ({ persisted }) => persisted && connect());

connect();
