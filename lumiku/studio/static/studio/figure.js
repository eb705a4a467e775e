// A drawn figure from 18 key points, seen from any side: soft solids in a depth buffer, smoothed and lit like clay.
// Places are metres (x to the figure's left, y up, z to its front), pictures are pixels. About 30 ms a picture.

const [NOSE, NECK, R_SHOULDER, R_ELBOW, R_WRIST, L_SHOULDER, L_ELBOW, L_WRIST] = [0, 1, 2, 3, 4, 5, 6, 7];
const [R_HIP, R_KNEE, R_ANKLE, L_HIP, L_KNEE, L_ANKLE, , , R_EAR, L_EAR] = [8, 9, 10, 11, 12, 13, 14, 15, 16, 17];

const CLAY = [196, 160, 138];
const GROUND = [237, 235, 232];
const DISTANCE = 6;
const LARGEST = 1.45; // metres of height that the picture shows at least
const ROOM = 0.87; // of the picture that the figure may fill
const TRUNK = 28; // rows of balls between shoulders and hips
const SOFTEN = 5; // pixels round each that its depth is smoothed over

// ---- Vectors ----------------------------------------------------------------------------------------------------------

const plus = (a, b) => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
const minus = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const times = (a, k) => [a[0] * k, a[1] * k, a[2] * k];
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const length = (a) => Math.hypot(...a);
const middle = (a, b) => times(plus(a, b), 0.5);
const between = (a, b, t) => plus(a, times(minus(b, a), t));
const unit = (a) => times(a, 1 / (length(a) || 1));
const LIGHT = unit([-0.45, 0.65, 0.75]);

// ---- The body: balls of [place, radius, part] -----------------------------------------------------------------------------

/** Return the balls of a limb that tapers from radius `r` to `s`, close enough to look like one piece. */
function limb(a, b, r, s, part) {
  const number = Math.max(2, Math.ceil(length(minus(b, a)) / (Math.min(r, s) * 0.3)));
  return Array.from({ length: number + 1 }, (_, i) => [between(a, b, i / number), r + ((s - r) * i) / number, part]);
}

/** Return the trunk: rows from the shoulders to the hips, narrower at the waist. */
function trunk(p, k) {
  const balls = [];
  for (let row = 0; row <= TRUNK; row++) {
    const t = row / TRUNK;
    const [a, b] = [between(p[R_SHOULDER], p[R_HIP], t), between(p[L_SHOULDER], p[L_HIP], t)];
    const depth = (0.098 - 0.018 * Math.sin(Math.PI * Math.min(1, t * 1.15)) + 0.004 * t) * k;
    const width = 0.62 + 0.1 * Math.cos(2 * Math.PI * t) + 0.06 * t;
    const centre = middle(a, b);
    for (let column = -3; column <= 3; column++) balls.push([plus(centre, times(minus(b, a), (column / 6) * width)), depth, t > 0.8 ? "thigh" : "top"]);
  }
  return balls;
}

function head(p, k) {
  const ears = middle(p[R_EAR], p[L_EAR]);
  const across = unit(minus(p[L_EAR], p[R_EAR]));
  const up = unit(cross(cross(across, minus(ears, p[NECK])), across));
  const face = unit(cross(across, up));
  const at = (u, f) => plus(ears, plus(times(up, u * k), times(face, f * k)));
  const lowest = plus(p[NECK], times(up, 0.01 * k));
  return [
    ...limb(lowest, at(-0.05, 0), 0.052 * k, 0.05 * k, "face"),
    ...limb(at(0.045, 0.022), at(-0.05, 0.05), 0.088 * k, 0.06 * k, "face"),
    ...limb(at(-0.005, 0.118), at(-0.016, 0.124), 0.012 * k, 0.014 * k, "face"),
    ...limb(at(0.05, 0.012), at(0.058, -0.02), 0.1 * k, 0.101 * k, "hair"),
    ...limb(at(0.04, -0.03), at(-0.035, -0.03), 0.088 * k, 0.07 * k, "hair"),
  ];
}

function arm(p, k, [shoulder, elbow, wrist]) {
  const hand = plus(p[wrist], times(unit(minus(p[wrist], p[elbow])), 0.115 * k));
  return [
    ...limb(p[shoulder], p[elbow], 0.056 * k, 0.042 * k, "sleeve"),
    ...limb(p[elbow], p[wrist], 0.041 * k, 0.027 * k, "forearm"),
    ...limb(p[wrist], hand, 0.03 * k, 0.024 * k, "hand"),
  ];
}

function leg(p, k, front, [hip, knee, ankle]) {
  const shin = unit(minus(p[ankle], p[knee]));
  const ahead = unit(minus(front, times(shin, dot(front, shin))));
  const sole = plus(p[ankle], times(shin, 0.045 * k));
  return [
    ...limb(p[hip], p[knee], 0.088 * k, 0.06 * k, "thigh"),
    ...limb(p[knee], p[ankle], 0.059 * k, 0.042 * k, "shin"),
    ...limb(plus(sole, times(ahead, -0.03 * k)), plus(sole, times(ahead, 0.13 * k)), 0.042 * k, 0.034 * k, "shoe"),
  ];
}

function body(p) {
  const hips = middle(p[R_HIP], p[L_HIP]);
  const k = length(minus(p[NECK], hips)) / 0.49;
  const front = unit(cross(minus(p[L_HIP], p[R_HIP]), minus(p[NECK], hips)));
  return [
    ...trunk(p, k),
    ...limb(p[R_HIP], p[L_HIP], 0.092 * k, 0.092 * k, "thigh"),
    ...head(p, k),
    ...arm(p, k, [R_SHOULDER, R_ELBOW, R_WRIST]),
    ...arm(p, k, [L_SHOULDER, L_ELBOW, L_WRIST]),
    ...leg(p, k, front, [R_HIP, R_KNEE, R_ANKLE]),
    ...leg(p, k, front, [L_HIP, L_KNEE, L_ANKLE]),
  ];
}

// ---- The picture --------------------------------------------------------------------------------------------------------

export class Figure {
  /** Draw on `canvas` the figure whose joints stand at `keypoints`, (18, 3). */
  constructor(canvas, keypoints) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
    const centre = times(keypoints.reduce(plus), 1 / keypoints.length);
    this.balls = body(keypoints).map(([place, radius, part]) => [minus(place, centre), radius, part]);
    this.floor = Math.min(...this.balls.map(([place, radius]) => place[1] - radius));
    this.scale = this.measure();
    this.colours = {};
    this.layer = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });
  }

  /** Return the pixels for a metre at which the figure fits from every side. */
  measure() {
    const { width, height } = this.canvas;
    const top = Math.max(...this.balls.map(([place, radius]) => place[1] + radius));
    const reach = Math.max(...this.balls.map(([[x, , z], radius]) => Math.hypot(x, z) + radius));
    this.drop = (top + this.floor) / 2;
    return Math.min((height * ROOM) / Math.max(LARGEST, top - this.floor), (width * 0.94) / (2 * reach));
  }

  /** Take the colours of the parts from the picture of the pose, whose `joints` are (18, 2) pixels. */
  dress(picture, joints) {
    try {
      this.colours = coloursOf(picture, joints);
    } catch {
      this.colours = {}; // another origin's picture cannot be read: clay, then
    }
  }

  draw(yaw, pitch) {
    const { width, height } = this.canvas;
    const depth = new Float32Array(width * height).fill(-Infinity);
    const part = new Uint8Array(width * height);
    const names = [...new Set(this.balls.map((ball) => ball[2]))];
    const seen = this.turned(yaw, pitch);
    for (const [x, y, z, r, name] of seen) stamp(depth, part, width, height, x, y, z, r, names.indexOf(name));
    const image = this.pen.createImageData(width, height);
    paint(image.data, smoothed(depth, width, height), part, width, height, names.map((name) => this.colours[name] ?? CLAY));
    this.shadow(yaw, pitch);
    this.layer.getContext("2d").putImageData(image, 0, 0);
    this.pen.drawImage(this.layer, 0, 0);
  }

  /** Return every ball as [x, y, z, radius, part] in pixels, as a camera there sees it. */
  turned(yaw, pitch) {
    return this.balls.map(([place, radius, part]) => [...this.seen(place, yaw, pitch), radius * this.scale, part]);
  }

  seen([x, y, z], yaw, pitch) {
    const [a, b] = [(yaw * Math.PI) / 180, (pitch * Math.PI) / 180];
    y -= this.drop;
    const [u, w] = [x * Math.cos(a) - z * Math.sin(a), x * Math.sin(a) + z * Math.cos(a)];
    const [v, n] = [y * Math.cos(b) - w * Math.sin(b), y * Math.sin(b) + w * Math.cos(b)];
    const near = (this.scale * DISTANCE) / (DISTANCE - n);
    return [this.canvas.width / 2 + near * u, this.canvas.height / 2 - near * v, this.scale * n];
  }

  /** Darken the ground below what stands or hangs low over it. */
  shadow(yaw, pitch) {
    const { pen, scale } = this;
    pen.fillStyle = `rgb(${GROUND})`;
    pen.fillRect(0, 0, this.canvas.width, this.canvas.height);
    const flat = Math.max(0.12, Math.sin((Math.abs(pitch) * Math.PI) / 180));
    if (pitch < -8) return; // from below, nobody sees it
    for (const [[x, y, z], radius] of this.balls.filter((_, number) => number % 3 === 0)) {
      const high = y - radius - this.floor;
      if (high > 0.5) continue;
      const [u, v] = this.seen([x, this.floor, z], yaw, pitch);
      const size = (radius * 1.6 + high * 0.35) * scale;
      pen.save();
      pen.translate(u, v);
      pen.scale(1, flat);
      const soft = pen.createRadialGradient(0, 0, 0, 0, 0, size);
      soft.addColorStop(0, `rgb(31 27 22 / ${0.085 * (1 - high / 0.5)})`);
      soft.addColorStop(1, "rgb(31 27 22 / 0)");
      pen.fillStyle = soft;
      pen.fillRect(-size, -size, 2 * size, 2 * size);
      pen.restore();
    }
  }
}

/** Stamp a ball into the depth buffer. */
function stamp(depth, part, width, height, x, y, z, r, number) {
  const [left, right] = [Math.max(0, Math.ceil(x - r)), Math.min(width - 1, Math.floor(x + r))];
  const [top, bottom] = [Math.max(0, Math.ceil(y - r)), Math.min(height - 1, Math.floor(y + r))];
  for (let row = top; row <= bottom; row++)
    for (let column = left; column <= right; column++) {
      const high = r * r - (column - x) ** 2 - (row - y) ** 2;
      if (high <= 0) continue;
      const at = row * width + column;
      const here = z + Math.sqrt(high);
      if (here > depth[at]) {
        depth[at] = here;
        part[at] = number;
      }
    }
}

/** Average each depth with those round it that belong to the same surface: balls become skin. */
function smoothed(depth, width, height) {
  let from = depth;
  for (const stride of [1, width]) {
    const to = new Float32Array(depth.length).fill(-Infinity);
    for (let at = SOFTEN * width; at < depth.length - SOFTEN * width; at++) {
      const here = from[at];
      if (here === -Infinity) continue;
      let [sum, number] = [0, 0];
      for (let step = -SOFTEN; step <= SOFTEN; step++) {
        const other = from[at + step * stride];
        if (Math.abs(other - here) < 14) {
          sum += other;
          number++;
        }
      }
      to[at] = sum / number;
    }
    from = to;
  }
  return from;
}

/** Light the surface: a lamp from the upper left, the sky, and a little dark where things meet the edge. */
function paint(pixels, depth, part, width, height, colours) {
  for (let row = 2; row < height - 2; row++)
    for (let column = 2; column < width - 2; column++) {
      const at = row * width + column;
      if (depth[at] === -Infinity) continue;
      const normal = unit([-slope(depth, at, 2), slope(depth, at, 2 * width), 4]);
      const lamp = Math.max(0, dot(normal, LIGHT));
      const light = 0.56 + 0.12 * normal[1] + 0.5 * lamp;
      const colour = colours[part[at]];
      for (let channel = 0; channel < 3; channel++) pixels[4 * at + channel] = colour[channel] * light;
      pixels[4 * at + 3] = edge(depth, at, width);
    }
}

/** Return how much the depth grows over a step to either side; over an edge, over the side that is there. */
function slope(depth, at, step) {
  const [before, here, after] = [depth[at - step], depth[at], depth[at + step]];
  const whole = (other) => Math.abs(other - here) < 20;
  if (whole(before) && whole(after)) return after - before;
  if (whole(after)) return 2 * (after - here);
  return whole(before) ? 2 * (here - before) : 0;
}

/** Return the opacity of a pixel, less at the outline. */
function edge(depth, at, width) {
  const empty = [1, -1, width, -width].filter((step) => depth[at + step] === -Infinity).length;
  return 255 - 70 * Math.min(2, empty);
}

// ---- Colours out of the drawn picture of the pose ---------------------------------------------------------------------

function coloursOf(picture, joints) {
  const { naturalWidth: width, naturalHeight: height } = picture;
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(picture, 0, 0);
  const { data } = pen.getImageData(0, 0, width, height);
  const at = ([x, y]) => {
    const place = 4 * (Math.round(Math.min(height - 1, Math.max(0, y))) * width + Math.round(Math.min(width - 1, Math.max(0, x))));
    return [data[place], data[place + 1], data[place + 2]];
  };
  const on = (a, b, t) => at(between([...joints[a], 0], [...joints[b], 0], t));
  const both = (pairs, steps, not) => {
    const colours = pairs.flatMap(([a, b]) => steps.map((t) => on(a, b, t)));
    const others = not ? colours.filter((colour) => length(minus(unit(colour), unit(not))) > 0.12) : colours;
    return median(others.length ? others : colours);
  };
  const [ears, neck] = [middle([...joints[R_EAR], 0], [...joints[L_EAR], 0]), [...joints[NECK], 0]];
  const towards = between(ears, [...joints[NOSE], 0], 0.6);
  const face = median([towards, between(towards, neck, 0.15), between(towards, ears, 0.3)].map(at));
  return {
    face,
    hand: face,
    top: both([[NECK, R_HIP], [NECK, L_HIP]], [0.3, 0.4, 0.5, 0.6], face), // not the arm before it
    sleeve: both([[R_SHOULDER, R_ELBOW], [L_SHOULDER, L_ELBOW]], [0.2, 0.3, 0.4]),
    forearm: both([[R_ELBOW, R_WRIST], [L_ELBOW, L_WRIST]], [0.4, 0.5, 0.6]),
    thigh: both([[R_HIP, R_KNEE], [L_HIP, L_KNEE]], [0.3, 0.45, 0.6]),
    shin: both([[R_KNEE, R_ANKLE], [L_KNEE, L_ANKLE]], [0.3, 0.5, 0.7]),
    shoe: both([[R_KNEE, R_ANKLE], [L_KNEE, L_ANKLE]], [1.08, 1.12]),
    hair: median([1.45, 1.55, 1.65, 1.75].map((t) => at(between(neck, ears, t)))),
  };
}

/** Return the colour in the middle by brightness, a little lighter: it was taken out of the shade; CLAY for none. */
function median(colours) {
  const sorted = colours.filter((colour) => length(minus(colour, GROUND)) > 24).sort((a, b) => a[0] + a[1] + a[2] - b[0] - b[1] - b[2]);
  return sorted.length ? times(sorted[Math.floor(sorted.length / 2)], 1.06) : CLAY;
}
