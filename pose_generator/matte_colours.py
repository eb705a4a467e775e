"""Person or ground, by the colours around: what two blurred networks leave open, the picture itself decides.

The picture is laid out in small cells. For each cell that the outline may run through, colours are sampled in its
surroundings, some that are surely the person's and some that are surely the ground's; each pixel then has a
likelihood under both. How far a sample speaks for its neighbours in colour follows from how mixed the samples are,
so a white sleeve on a white wall and a coat before a crowd are judged by the same rule.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

CELL = 16
"""Side of a cell in pixels of the working picture."""
REACHES = (24, 56, 140)
"""How far round a cell samples are looked for, pixels: the nearest reach with enough of them."""
SAMPLES, ENOUGH = 48, 10
#: Bandwidths of the densities, colours 0 to 1; and the density of a colour that no sample explains.
NARROW, WIDE, UNEXPLAINED = 0.004, 0.06, 0.5
SPREAD, POWER = 0.6, 2
STRONGEST = 4.0
"""The largest evidence, natural logarithm of the likelihood ratio."""


def evidence(colours: Array, likely: Array, where: NDArray[np.bool_]) -> Array:
    """Return ln(person / ground) of each pixel by its colour (height, width); 0 outside of `where`.

    `colours` (height, width, 3) and `likely` (height, width; how likely a pixel is the person's) are 0 to 1.
    """
    found = np.zeros(likely.shape, np.float32)
    for rows, columns in _cells(where):
        place = (slice(rows, rows + CELL), slice(columns, columns + CELL))
        asked = where[place]
        person = _samples(colours, likely > 0.85, rows, columns)
        ground = _samples(colours, likely < 0.15, rows, columns)
        if len(person) and len(ground):
            pixels = colours[place][asked]
            found[place][asked] = _ratio(pixels, person, ground)
    return found


def _cells(where: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    for row in range(0, where.shape[0], CELL):
        for column in range(0, where.shape[1], CELL):
            if where[row : row + CELL, column : column + CELL].any():
                yield row, column


def _samples(colours: Array, sure: NDArray[np.bool_], row: int, column: int) -> Array:
    """Return up to SAMPLES colours (n, 3) of what is `sure`, as near to the cell as there are enough."""
    near = colours[:0, 0]
    for reach in REACHES:
        window = (slice(max(0, row - reach), row + CELL + reach), slice(max(0, column - reach), column + CELL + reach))
        near = colours[window][sure[window]]
        if len(near) >= ENOUGH:
            break
    return near[:: -(-len(near) // SAMPLES) or 1]


def _ratio(pixels: Array, person: Array, ground: Array) -> Array:
    """Return ln(person / ground) of the pixels (n, 3), the less the more alike the two sets of samples are."""
    width = float(np.clip(SPREAD * min(person.std(axis=0).mean(), ground.std(axis=0).mean()), NARROW, WIDE))
    asked = np.concatenate([pixels, person, ground])
    ratio = np.log(_density(asked, person, width)) - np.log(_density(asked, ground, width))
    ratio = np.clip(ratio, -STRONGEST, STRONGEST)
    told, known = ratio[: len(pixels)], np.tanh(ratio[len(pixels) :])
    apart = (known[: len(person)].mean() - known[len(person) :].mean()) / 2
    return told * np.float32(max(0.0, apart) ** POWER)


def _density(pixels: Array, samples: Array, width: float) -> Array:
    """How likely the samples' source gives each of the pixels (n, 3), against all colours alike (1)."""
    squares = (pixels**2).sum(axis=1)[:, None] - 2 * pixels @ samples.T + (samples**2).sum(axis=1)
    kernel = np.exp(np.maximum(squares, 0) * np.float32(-0.5 / width**2)).mean(axis=1)
    return kernel * np.float32((2 * np.pi * width**2) ** -1.5) + np.float32(UNEXPLAINED)
