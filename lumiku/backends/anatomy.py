"""From 18 projected joints to the solid parts of a body: trunk, arms, hands, legs and shoes.

The joints say where bones end, not how flesh, hands and feet lie, so this is where a body is inferred: the front of
the trunk from shoulders and hips, palms from the plane of the elbow, soles from shin and ground. A hand that would
run into the body is laid upon it. Lengths here are metres of a figure 1.70 m tall; `Body.scale` turns them into
pixels.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumiku.backends import Joint
from lumiku.backends.shapes import Array, Part, Taper
from lumiku.backends.wardrobe import Look

Vector = NDArray[np.float64]
Pattern = Callable[[Array, Array], Array]

NOSE, NECK, R_EAR, L_EAR = 0, 1, 16, 17
#: (shoulder, elbow, wrist) and (hip, knee, ankle) of the right and left side, and the sign of that side.
ARMS = ((2, 3, 4, -1.0), (5, 6, 7, 1.0))
LEGS = ((8, 9, 10, -1.0), (11, 12, 13, 1.0))
#: Bones whose length is known in metres: what the scale is read from.
BONES = (
    (2, 3, 0.285),
    (3, 4, 0.25),
    (5, 6, 0.285),
    (6, 7, 0.25),
    (8, 9, 0.42),
    (9, 10, 0.40),
    (11, 12, 0.42),
    (12, 13, 0.40),
)
#: Trunk from crotch to shoulders: share of the way from hips to neck, half width (female, male), forward.
LEVELS = (
    (-0.06, (0.150, 0.140), -0.012),
    (0.06, (0.172, 0.157), -0.012),
    (0.20, (0.158, 0.153), -0.004),
    (0.36, (0.124, 0.143), 0.006),
    (0.48, (0.119, 0.144), 0.008),
    (0.64, (0.132, 0.158), 0.010),
    (0.80, (0.145, 0.171), 0.004),
    (0.93, (0.128, 0.150), -0.006),
)
#: Depth of the trunk as a share of its width. The same everywhere, else the outline seen from the side would have
#: steps.
FLATNESS = 0.68


def unit(vector: Vector) -> Vector:
    """The vector with length 1; a vector without direction points up."""
    length = float(np.linalg.norm(vector))
    return vector / length if length > 1e-9 else np.array([0.0, 1.0, 0.0])


def smoothed(at: Vector, places: Sequence[float] | Vector, values: Sequence[float]) -> Vector:
    """Cubic Hermite interpolation through (places, values): no kinks on the outline of a body."""
    x, y = np.asarray(places), np.asarray(values)
    slope = np.gradient(y, x)
    i = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(x) - 2)
    h = x[i + 1] - x[i]
    t = (at - x[i]) / h
    smooth: Vector = (
        y[i] * (1 + 2 * t) * (1 - t) ** 2
        + slope[i] * h * t * (1 - t) ** 2
        + y[i + 1] * t**2 * (3 - 2 * t)
        + slope[i + 1] * h * t**2 * (t - 1)
    )
    return smooth


def without(vector: Vector, axis: Vector) -> Vector:
    """What is left of `vector` at a right angle to the unit vector `axis`."""
    return vector - axis * float(vector @ axis)


@dataclass(frozen=True)
class Body:
    """The joints of a figure, x right, y UP, z near, in pixels, and what follows from them."""

    joints: Sequence[Joint]
    look: Look

    @cached_property
    def points(self) -> Vector:
        return np.array([(x, -y, z) for x, y, z, _ in self.joints])

    @cached_property
    def scale(self) -> float:
        """Pixels per metre; joints that coincide still give a figure of some size."""
        sizes = [float(np.linalg.norm(self.points[a] - self.points[b])) / size for a, b, size in BONES]
        return max(1.0, float(np.median(sizes)))

    @cached_property
    def hips(self) -> Vector:
        middle: Vector = (self.points[8] + self.points[11]) / 2
        return middle

    @cached_property
    def trunk(self) -> Vector:
        """Rows: towards the left hand, up the spine, out of the breast."""
        return self._frame(self.points[5] - self.points[2])

    @cached_property
    def pelvis(self) -> Vector:
        return self._frame(self.points[11] - self.points[8])

    def _frame(self, across: Vector) -> Vector:
        up = unit(self.points[NECK] - self.hips)
        left = unit(without(across, up))
        return np.array([left, up, np.cross(left, up)])

    @cached_property
    def head(self) -> tuple[Vector, Vector]:
        """The middle between the ears, and rows: left, up, forward of the head."""
        middle = (self.points[R_EAR] + self.points[L_EAR]) / 2
        left = unit(self.points[L_EAR] - self.points[R_EAR])
        gaze = self.points[NOSE] - middle
        if np.ptp(self.points[[NOSE, R_EAR, L_EAR], 2]) < 1e-3 * self.scale:  # joints without depth say nothing here
            gaze = np.cross(left, unit(self.points[NECK] * -1 + middle))
        forward = unit(without(unit(gaze), left))
        forward = unit(forward + 0.104 * np.cross(forward, left))
        return middle, np.array([left, np.cross(forward, left), forward])

    @cached_property
    def upright(self) -> Vector:
        """Up in the world: the picture's up, unless a standing figure shows that the camera looks down or up at it."""
        feet = (self.points[10] + self.points[13]) / 2
        line = self.points[NECK] - feet
        if abs(line[0]) > 0.3 * abs(line[1]) or line[1] < 1.0 * self.scale or abs(line[2]) < 0.22 * line[1]:
            return np.array([0.0, 1.0, 0.0])
        return unit(np.array([0.0, line[1], line[2]]))

    @cached_property
    def ground(self) -> float:
        """Height of the ground along `upright`, pixels."""
        bare = (
            (10, 0.08),
            (13, 0.08),
            (9, 0.055),
            (12, 0.055),
            (8, 0.10),
            (11, 0.10),
            (4, 0.03),
            (7, 0.03),
            (2, 0.08),
            (5, 0.08),
        )
        return min(float(self.points[joint] @ self.upright) - size * self.scale for joint, size in bare)

    def height(self, point: Vector) -> float:
        """Metres over the ground."""
        return (float(point @ self.upright) - self.ground) / self.scale

    def sweep(
        self, balls: Sequence[tuple[Vector, float]], colour: Vector, *, metric: Vector | None = None, **more: Any
    ) -> Part:
        """A limb through balls (place in pixels, radius in metres), all flattened by `metric`; `melt` is in metres."""
        melt = more.pop("melt", 0.012) * self.scale
        s = self.scale
        pairs = zip(balls, balls[1:] or balls, strict=False)
        return Part(tuple(Taper(a, b, ra * s, rb * s, metric) for (a, ra), (b, rb) in pairs), colour, melt=melt, **more)

    def limb(self, a: Vector, b: Vector, ra: float, rb: float, colour: Vector, **more: Any) -> Part:
        """A limb between two balls."""
        return self.sweep([(a, ra), (b, rb)], colour, **more)

    def trunk_parts(self, pattern: Pattern, *, ease: float = 0.0) -> list[Part]:
        """The trunk from crotch to neck, `ease` metres wider than the skin."""
        sex, girth = 0 if self.look.female else 1, self.look.girth
        spine, folds = self.points[NECK] - self.hips, self.wrinkles()
        shares = [level[0] for level in LEVELS]
        steps = np.linspace(shares[0], shares[-1], 16)
        wide = smoothed(steps, shares, [level[1][sex] * girth + ease for level in LEVELS])
        ahead = smoothed(steps, shares, [level[2] for level in LEVELS])
        s, tapers = self.scale, []
        for i in range(len(steps) - 1):
            turn = float(np.clip((steps[i] - 0.1) / 0.7, 0, 1))
            left = unit(self.pelvis[0] * (1 - turn) + self.trunk[0] * turn)
            frame = np.array([left, self.trunk[1], np.cross(left, self.trunk[1])])
            a, b = (self.hips + spine * steps[j] + frame[2] * (ahead[j] * s) for j in (i, i + 1))
            tapers.append(Taper(a, b, wide[i] * s, wide[i + 1] * s, np.diag([1.0, 3.0, 1 / FLATNESS]) @ frame))
        if self.look.female:
            tapers += self._bust(ease)
        trunk = Part(tuple(tapers), self.look.top, melt=0.03 * s, pattern=pattern, folds=folds, smooth=0.014 * s)
        return [trunk, *self._shoulders(pattern, ease)]

    def wrinkles(self) -> Callable[[Array], Array]:
        """What makes a smooth solid look like cloth: shallow creases across the trunk."""
        frame = (self.trunk / self.scale).astype(np.float32)
        origin = self.hips.astype(np.float32)

        def crease(points: Array) -> Array:
            u, v, _w = ((points - origin) @ frame.T).T
            wave = np.sin(v * 34 + u * 22 + np.sin(u * 31 + 1.3) * 1.1) + 0.7 * np.sin(
                v * 61 - u * 37 + np.sin(v * 23) * 1.4
            )
            depth: Array = (np.float32(0.035) * wave)[:, None] * self.trunk[1].astype(np.float32)
            return depth

        return crease

    def _shoulders(self, pattern: Pattern, ease: float) -> list[Part]:
        collar = self.points[NECK] + self.trunk[1] * 0.012 * self.scale
        parts = []
        for shoulder, *_ in (ARMS[0], ARMS[1]):
            nape = collar + self.trunk[1] * 0.045 * self.scale
            tip = self.points[shoulder] - (self.points[shoulder] - self.points[NECK]) * 0.10
            thick = 0.040 if self.look.female else 0.046
            parts.append(self.limb(nape, tip, 0.036 + ease, thick + ease, self.look.top, pattern=pattern, melt=0.05))
            chest = self.hips + (self.points[NECK] - self.hips) * 0.84
            inner = chest + (tip - self.points[NECK]) * 0.55
            parts.append(self.limb(inner, tip, 0.075 + ease, thick + ease, self.look.top, pattern=pattern, melt=0.05))
        return parts

    def _bust(self, ease: float) -> list[Taper]:
        height, s = self.hips + (self.points[NECK] - self.hips) * 0.715, self.scale
        size = (0.055 + ease) * s
        places = [height + (self.trunk[0] * x + self.trunk[2] * 0.046 * self.look.girth) * s for x in (-0.064, 0.064)]
        return [Taper(place, place + self.trunk[1] * 0.02 * s, size, size * 0.85) for place in places]
