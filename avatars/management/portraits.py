"""The pictures of the presets, drawn by the preview backend: head to toe, head and shoulders, and all on one sheet."""

from collections.abc import Iterator, Mapping
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from avatars.presets import Preset
from lumiku.backends import ImageRequest, Joint
from lumiku.backends.preview import STANDING, PreviewBackend, bowed

FULL: Final = (480, 640)
FACE: Final = (400, 400)
DRAWN: Final = 2
"""Pictures are drawn so many times larger than they are shown."""
SEED: Final = 11
GROUNDS: Final = {
    "professional": "#DDE4EC",
    "casual": "#F1E6D8",
    "sports": "#DFEBE3",
    "fashion": "#F0E1E4",
    "traditional": "#EFE4CE",
}
Places = Mapping[int, tuple[float, float, float]]
#: Ways to stand: joints (OpenPose numbers) that are elsewhere than in a figure at ease; metres, x right, y up, z near.
HAND_ON_HIP: Final[Places] = {3: (-0.360, 1.170, -0.040), 4: (-0.172, 1.012, 0.045)}
OTHER_HAND_ON_HIP: Final[Places] = {6: (0.360, 1.180, -0.040), 7: (0.172, 1.020, 0.045)}
HANDS_ON_HIPS: Final[Places] = {**HAND_ON_HIP, **OTHER_HAND_ON_HIP}
HANDS_JOINED: Final[Places] = {
    3: (-0.222, 1.105, 0.030), 4: (-0.072, 0.985, 0.170), 6: (0.222, 1.110, 0.030), 7: (0.072, 0.992, 0.175),
}  # fmt: skip
WAVING: Final[Places] = {3: (-0.345, 1.165, 0.040), 4: (-0.375, 1.400, 0.110)}
STANCES: Final[Mapping[str, Places]] = {
    "business-woman": OTHER_HAND_ON_HIP,
    "hijabi-professional": HANDS_JOINED,
    "creative-professional": HAND_ON_HIP,
    "young-woman": WAVING,
    "hijabi-student": WAVING,
    "artist": HAND_ON_HIP,
    "retiree": HANDS_JOINED,
    "runner": HANDS_ON_HIPS,
    "fitness-instructor": HANDS_ON_HIPS,
    "fashion-model": HAND_ON_HIP,
    "modest-fashion": HANDS_JOINED,
    "indonesian-traditional": HANDS_JOINED,
    "indian-traditional": HANDS_JOINED,
}
COLUMNS: Final = 7
TILE: Final = (180, 240)
LABEL: Final = 22


def full(preset: Preset) -> Image.Image:
    """Return the person from head to toe, RGB, 480 x 640."""
    return _drawn(preset, FULL, height_of_picture=1.92, middle=0.87)


def face(preset: Preset) -> Image.Image:
    """Return head and shoulders, RGB, 400 x 400."""
    return _drawn(preset, FACE, height_of_picture=0.60, middle=1.545)


def sheet(presets: tuple[Preset, ...]) -> Image.Image:
    """Return all of them side by side with their names, RGB."""
    width, height = TILE
    rows = -(-len(presets) // COLUMNS)
    made = Image.new("RGB", (width * COLUMNS, (height + LABEL) * rows), "white")
    draw, font = ImageDraw.Draw(made), ImageFont.load_default(13)
    for tile, (left, top) in zip(_tiles(presets), _corners(len(presets)), strict=True):
        picture, name = tile
        made.paste(picture, (left, top))
        draw.text((left + width / 2, top + height + LABEL / 2), name, "#333333", font, anchor="mm")
    return made


def _tiles(presets: tuple[Preset, ...]) -> Iterator[tuple[Image.Image, str]]:
    for preset in presets:
        yield full(preset).resize(TILE, Image.Resampling.LANCZOS), preset.name_en


def _corners(count: int) -> Iterator[tuple[int, int]]:
    width, height = TILE
    for number in range(count):
        yield number % COLUMNS * width, number // COLUMNS * (height + LABEL)


def _drawn(preset: Preset, size: tuple[int, int], *, height_of_picture: float, middle: float) -> Image.Image:
    """Return a picture that is so many metres high; `middle` is the height over the ground of its middle."""
    width, height = (side * DRAWN for side in size)
    scale = height / height_of_picture
    joints: list[Joint] = [
        (width / 2 + scale * x, height / 2 - scale * (y - middle), scale * z, True) for x, y, z in _places(preset)
    ]
    asked = ImageRequest(
        prompt="", width=width, height=height, seed=SEED, joints=tuple(joints), traits=preset.traits,
        background=GROUNDS[preset.category],
    )  # fmt: skip
    return PreviewBackend().paint(asked).image.resize(size, Image.Resampling.LANCZOS)


def _places(preset: Preset) -> list[tuple[float, float, float]]:
    moved = STANCES.get(preset.slug, {})
    places = [moved.get(number, place) for number, place in enumerate(STANDING)]
    return bowed(places) if preset.traits.get("age_range") == "mature" else places
