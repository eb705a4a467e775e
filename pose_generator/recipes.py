"""How a picture was made, written into it, so that it can be made again.

A recipe is sealed: signed with the installation's key, one line of URL-safe letters, the same in PNG text and in XMP.
Reading it back needs no picture decoder and no XML parser, only a search for that line in the bytes; what we did not
seal is not a recipe. Even a true one is a proposal only: its ids are looked up among what the reader may use, its words
are moderated again, its price is asked anew. The signature is what keeps strangers' files out, not what gives rights.
"""

import math
import re
from dataclasses import asdict, dataclass, fields
from typing import Any

from django.core.signing import BadSignature, Signer
from django.utils.translation import gettext as _

from lumiku.errors import DomainError

VERSION = 1
KEYWORD = "lumiku:recipe"
"""Keyword of the PNG text, and name of the XMP property."""
NAMESPACE = "https://lumiku.invalid/ns/recipe/1/"
LONGEST = 12_000
"""Characters of a sealed recipe; XMP in a JPEG has 65,000 at most."""
MOST_TRIED = 8

# Not a word of it may follow: in PNG it stands between a zero and the check sum, in XMP in a tag or an attribute.
_SEALED = re.compile(rb"lumiku:recipe(?:\0|>|\s*=\s*[\"'])([A-Za-z0-9_-]{16,%d}:[A-Za-z0-9_-]{43})" % LONGEST)
_LIMITS = {"prompt": 6000, "words": 500, "background_prompt": 300}
_XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:lumiku="{namespace}"><lumiku:recipe>{sealed}</lumiku:recipe>'
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
)


class NoRecipe(DomainError):
    """The file was not made here, or nothing in it says how."""

    code = "no_recipe"


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What made one picture. Ids are texts as on the wire, empty for none."""

    kind: str
    """"GALLERY_REFERENCE" or "TEXT_DESCRIPTION"."""
    project: str
    pose: str = ""
    pose_version: str = ""
    """Tells whether the pose was changed since, e.g. a digest of its keypoints; so does `avatar_version`."""
    avatar: str = ""
    avatar_version: str = ""
    backend: str
    seed: int
    """The picture's own: as the seed of an order of one picture it is that picture's again."""
    prompt: str
    """The whole prompt that was painted."""
    words: str = ""
    """The user's own part of it."""
    yaw: float = 0.0
    pitch: float = 0.0
    aspect_ratio: str = "1:1"
    background_mode: str = ""
    background_prompt: str = ""
    background_color: str = ""
    score: int | None = None
    """How well the pose was kept, 0 to 100."""

    def body(self) -> dict[str, Any]:
        """Return the body of an order (names of its form) of this picture once more; only what was said is in it."""
        gallery = self.kind == "GALLERY_REFERENCE"
        mode = self.background_mode
        said = {
            "project_id": self.project,
            "generation_type": self.kind,
            "selected_pose_ids": [self.pose] if gallery else None,
            "batch_size": 1 if gallery else None,
            "variation_count": None if gallery else 1,
            "text_prompt": self.words,
            "avatar_id": self.avatar,
            "use_background_changer": True if mode else None,
            "background_mode": mode,
            "background_prompt": self.background_prompt if mode == "ai_generate" else "",
            "background_color": self.background_color if mode == "solid_color" else "",
            "seed": self.seed,
            "camera": {"yaw": self.yaw, "pitch": self.pitch},
            "aspect_ratio": self.aspect_ratio,
            "backend": self.backend,
        }
        return {name: value for name, value in said.items() if value not in (None, "")}


def sealed(recipe: Recipe) -> str:
    """Return the recipe as one signed line of letters, digits, "-", "_" and ":"."""
    shortened = {
        name: value[: _LIMITS.get(name, 200)] for name, value in asdict(recipe).items() if isinstance(value, str)
    }
    return _signer().sign_object({"version": VERSION} | asdict(recipe) | shortened)


def xmp(line: str) -> bytes:
    """Return an XMP packet with a sealed recipe."""
    return _XMP.format(namespace=NAMESPACE, sealed=line).encode()


def found_in(data: bytes) -> Recipe:
    """Return the recipe in a file's bytes, whatever they are; raises NoRecipe. The caller bounds the bytes."""
    for number, match in enumerate(_SEALED.finditer(data)):
        if number >= MOST_TRIED:
            break
        try:
            return _checked(_signer().unsign_object(match[1].decode()))
        except (BadSignature, ValueError, TypeError):
            continue
    raise NoRecipe(_("This file does not say how it was made. Send a picture that was exported here, as it was."))


def _signer() -> Signer:
    return Signer(salt="lumiku.recipes")


def _checked(told: Any) -> Recipe:
    """A recipe of this version within its bounds; raises ValueError or TypeError."""
    if not isinstance(told, dict) or told.pop("version", None) != VERSION:
        raise ValueError("another version")
    recipe = Recipe(**told)
    for field in fields(Recipe):
        value = getattr(recipe, field.name)
        if field.name == "score":
            _bounded(value if value is not None else 0, 0, 100)
        elif field.name == "seed":
            _bounded(value, 0, 2**31 - 1)
        elif field.name in ("yaw", "pitch"):
            _bounded(value, -360, 360)
        elif not isinstance(value, str) or len(value) > _LIMITS.get(field.name, 200):
            raise ValueError(field.name)
    return recipe


def _bounded(value: Any, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise TypeError("no number")
    if not least <= value <= most:
        raise ValueError("out of bounds")
