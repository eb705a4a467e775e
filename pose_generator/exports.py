"""Export formats: the one registry, and a picture as a file of one of them.

Marketplaces want the person in the middle and large, on white; social networks and prints show as much of the picture
as fits. Nothing ever costs the person head, hands or feet (`crops`); where a format needs more ground than there is, it
goes on beyond the edge (`surroundings`). Pure: the same picture and format give the same bytes.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from functools import cached_property
from typing import Final, Literal

from django.utils.translation import gettext as _
from PIL import Image

from lumiku.errors import Invalid
from pose_generator import background, crops, encodings, surroundings, watermarks
from pose_generator.crops import Box, Places
from pose_generator.watermarks import Watermark

#: Raised when files of the same picture and format come out differently, so that none of before is taken for new.
VERSION = 1
SIDES = (64, 4096)
WHITE: Final = "#FFFFFF"
LANCZOS, BICUBIC = Image.Resampling.LANCZOS, Image.Resampling.BICUBIC
DPI = 300
QUALITY = 90

Kind = Literal["jpeg", "png", "webp", "avif"]


class UnknownFormats(Invalid):
    """Names that are neither a format nor a set; `names` are they."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        sentence = _("There is no export format %(names)s.") % {"names": ", ".join(names)}
        super().__init__(sentence, fields={"export_formats": [sentence]})


@dataclass(frozen=True)
class Format:
    """What a file of this format is."""

    name: str
    label: str
    width: int | None
    """Pixels; None, as the height, for as made."""
    height: int | None
    type: Kind
    quality: int
    """1 to 100; means nothing for PNG."""
    sets: tuple[str, ...] = ()
    is_product: bool = False
    """The person in the middle and large, on white if the ground is plain or transparent."""
    dpi: int = 0
    """Written into prints."""

    @property
    def made_as(self) -> str:
        """What decides about the bytes: formats that share it (TikTok and Instagram's story) share a file."""
        framing = "centred" if self.is_product else "covering"
        return f"{VERSION}-{self.width or 0}x{self.height or 0}-{framing}-{self.type}{self.quality}-{self.dpi}"


@dataclass(frozen=True)
class Export:
    """A finished file."""

    data: bytes
    extension: str
    content_type: str
    width: int
    height: int


def _social(name: str, label: str, width: int, height: int, quality: int = 85) -> Format:
    return Format(name, label, width, height, "jpeg", quality, ("social_media", "all"))


def _product(name: str, label: str, side: int) -> Format:
    return Format(name, label, side, side, "jpeg", 95, ("ecommerce", "all"), is_product=True)


def _print(name: str, label: str, width: int, height: int) -> Format:
    return Format(name, label, width, height, "png", 100, ("print", "all"), dpi=DPI)


FORMATS: Final = {
    wanted.name: wanted
    for wanted in (
        _social("instagram_feed", "Instagram feed", 1080, 1080),
        _social("instagram_portrait", "Instagram portrait", 1080, 1350),
        _social("instagram_story", "Instagram story", 1080, 1920, 90),
        _social("tiktok", "TikTok", 1080, 1920, 90),
        _product("shopee_product", "Shopee", 1000),
        _product("tokopedia_product", "Tokopedia", 1200),
        _product("lazada_product", "Lazada", 1000),
        _social("facebook_post", "Facebook", 1200, 630),
        _social("twitter_post", "X (Twitter)", 1200, 675),
        _social("linkedin_post", "LinkedIn", 1200, 627),
        _print("print_4x6", "Print 4 × 6 in", 1800, 1200),
        _print("print_a4", "Print A4", 2480, 3508),
        Format("original", "Original", None, None, "png", 100, ("all",)),
    )
}
SETS: Final = {
    name: tuple(wanted.name for wanted in FORMATS.values() if name in wanted.sets)
    for name in ("social_media", "ecommerce", "print", "all")
}


def resolve(names: Iterable[str]) -> tuple[Format, ...]:
    """Return the formats that names of formats and sets mean, each once, in the registry's order.

    Raises UnknownFormats, which has the names that are neither.
    """
    asked = list(dict.fromkeys(names))
    if unknown := [name for name in asked if name not in FORMATS and name not in SETS]:
        raise UnknownFormats(unknown)
    meant = {member for name in asked for member in SETS.get(name, (name,))}
    return tuple(wanted for wanted in FORMATS.values() if wanted.name in meant)


def custom(width: int, height: int, kind: Kind = "jpeg", *, quality: int = QUALITY) -> Format:
    """Return a format of a seller's own: each side 64 to 4096 pixels, quality 1 to 100; raises Invalid."""
    least, most = SIDES
    sentence = _("Each side must have %(least)d to %(most)d pixels.") % {"least": least, "most": most}
    sides = {"width": width, "height": height}
    fields = {name: [sentence] for name, side in sides.items() if not least <= side <= most}
    if kind not in encodings.CONTENT_TYPES:
        fields["type"] = [_("Choose one of: %(types)s.") % {"types": ", ".join(encodings.CONTENT_TYPES)}]
    if not 1 <= quality <= 100:
        fields["quality"] = [_("Choose 1 to 100.")]
    if fields:
        raise Invalid(_("This size cannot be made."), fields=fields)
    return Format(f"custom_{width}x{height}_{kind}_{quality}", f"{width} × {height}", width, height, kind, quality)


@dataclass(frozen=True)
class Source:
    """A picture and what is known of it; what several formats need is worked out once."""

    picture: Image.Image
    """Upright, sRGB; RGB, or RGBA if its ground is transparent."""
    data: bytes = b""
    """What `picture` was decoded from; an original keeps its pixels' bytes."""
    places: Places | None = None
    """The joints in it, see `crops.found` and `crops.asked`. Without them and `matte` nothing is cut off."""
    matte: Image.Image | None = None
    """The person's alpha, L, of the same size."""
    ground: str = ""
    """The ground's colour (#RRGGBB) if it is known to be plain; a plain one is also seen."""

    @cached_property
    def plain(self) -> str:
        """The colour of a plain ground, "" of any other."""
        return self.ground or surroundings.plain(self.picture.convert("RGB"))

    @cached_property
    def on_white(self) -> Image.Image:
        """The person on white, RGB; of one who cannot be told from the ground, the picture as it is."""
        if self.picture.mode == "RGBA":
            paper = Image.new("RGB", self.picture.size, WHITE)
            paper.paste(self.picture, mask=self.picture.getchannel("A"))
            return paper
        if self.matte is None:
            return self.picture
        return background.solid_color(self.picture, self.matte, color=WHITE, shadow=True)

    @cached_property
    def outline(self) -> Box | None:
        """What the person surely covers."""
        alpha = self.picture.getchannel("A") if self.picture.mode == "RGBA" else self.matte
        box = alpha.point([0] * 128 + [255] * 128).getbbox() if alpha else None
        return Box(*box) if box else None

    def body(self, reach: crops.Reach) -> Box | None:
        """What the person covers with this reach beyond the joints."""
        joints = crops.body(self.places, self.picture.size, reach) if self.places else None
        return crops.around_both(joints, self.outline)

    def on_ground_for(self, wanted: Format) -> tuple[Image.Image, str]:
        """Return the picture as the format wants it, and the colour of its ground if that is plain."""
        transparent = self.picture.mode == "RGBA"
        if transparent and wanted.type != "jpeg" and not wanted.is_product:
            return self.picture, ""
        if transparent or (wanted.is_product and self.matte and self.plain):
            return self.on_white, WHITE
        return self.picture, self.plain


def render(source: Source, wanted: Format, *, recipe: str = "", watermark: Watermark | None = None) -> Export:
    """Return the picture as a file of the format `wanted`, with a sealed `recipe` in it (see `recipes`).

    An original is the picture as made: it takes no watermark.
    """
    if wanted.width is None or wanted.height is None:
        return _original(source, wanted, recipe)
    shown, person = _framed(source, wanted, wanted.width / wanted.height)
    picture, ground = source.on_ground_for(wanted)
    image = _cut_out(picture, shown, wanted, person, ground)
    if watermark:
        image = watermarks.marked(image, watermark)
    data = encodings.encode(image, wanted.type, quality=wanted.quality, dpi=wanted.dpi, recipe=recipe)
    return _file(data, wanted, image.size)


def _file(data: bytes, wanted: Format, size: tuple[int, int]) -> Export:
    return Export(data, encodings.EXTENSIONS[wanted.type], encodings.CONTENT_TYPES[wanted.type], *size)


def _original(source: Source, wanted: Format, recipe: str) -> Export:
    data = encodings.relabelled(source.data, recipe) if source.data else None
    data = data or encodings.encode(source.picture, wanted.type, quality=wanted.quality, recipe=recipe)
    return _file(data, wanted, source.picture.size)


def _framed(source: Source, wanted: Format, ratio: float) -> tuple[Box, Box | None]:
    """The window that is shown, and the box that the person takes."""
    # Where the outline is known, what might lie beyond the joints need not be feared.
    kept = source.body(crops.LIKELY if source.outline else crops.MOST)
    if not wanted.is_product:
        return crops.covering(source.picture.size, kept, ratio), kept
    likely = source.outline or source.body(crops.LIKELY)
    return crops.centred(source.picture.size, likely, ratio, kept=kept), kept


def _cut_out(picture: Image.Image, shown: Box, wanted: Format, person: Box | None, ground: str) -> Image.Image:
    """The window of the picture at the format's size, with its ground going on where it leaves the picture."""
    size = wanted.width or picture.width, wanted.height or picture.height
    visible = shown.within(picture.size)
    scale = size[0] / shown.width
    place = visible.seen_from(shown.left, shown.top, scale)
    at = (round(place.left), round(place.top))
    inner = (max(1, round(place.right) - at[0]), max(1, round(place.bottom) - at[1]))
    # On a screen a picture that is hardly enlarged looks the same by the cheaper filter.
    exact = wanted.dpi or scale < 1
    image = picture.resize(inner, LANCZOS if exact else BICUBIC, box=astuple(visible))
    if inner == size:
        return image
    standing = person.seen_from(visible.left, visible.top, scale) if person else None
    return surroundings.extended(image, size, at, person=standing, ground=ground)
