"""Detectors for `pictures` that exist already; none is installed with Lumiku.

NudeNet 3.4.2 (July 2024): `pip install nudenet`. Its wheel brings a small model (320n, 12 MB, made for 320 pixels), so
nothing is fetched at run time; about 25 ms a picture on one core. The package calls itself MIT, but its model was
trained with AGPL-3.0 software and its author says that it has to be AGPL: ask a lawyer before selling with it. What it
was trained on is not published. It mistakes drawn figures and plain skin tones for bodies more often than photos.
"""

from importlib import import_module

import numpy as np
from PIL import Image

from lumiku.moderation.pictures import PictureCheck, Verdict

EXPOSED = frozenset(
    {
        "ANUS_EXPOSED",
        "BUTTOCKS_EXPOSED",
        "FEMALE_BREAST_EXPOSED",
        "FEMALE_GENITALIA_EXPOSED",
        "MALE_GENITALIA_EXPOSED",
    }
)
"""NudeNet's labels that a shop's picture must not have; a bare belly, arm or man's chest is fine."""


class NudeNetCheck(PictureCheck):
    """Refuses a picture in which NudeNet sees one of `labels` with at least `threshold` (0 to 1)."""

    licence = "Code: MIT by its metadata, AGPL-3.0 by its author. Weights: the same doubt, training pictures unknown."

    def __init__(self, *, threshold: float = 0.7, labels: frozenset[str] = EXPOSED) -> None:
        self._threshold = threshold
        self._labels = labels
        self._network = import_module("nudenet").NudeDetector()

    def check(self, image: Image.Image) -> Verdict:
        """Judge an RGB picture."""
        # In the order RGB: with OpenCV's own order it found less in the photographs that it was tried on.
        found = self._network.detect(np.ascontiguousarray(np.asarray(image)))
        labels = {
            f"{each['class']} {each['score']:.2f}"
            for each in found
            if each["class"] in self._labels and each["score"] >= self._threshold
        }
        return Verdict(bool(labels), tuple(sorted(labels)))
