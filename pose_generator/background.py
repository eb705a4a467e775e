"""Another ground behind the person of a picture: image, matte and perhaps a ground in, image out.

Every function starts from the picture as it was painted, so changes never pile up. At the outline a pixel shows a
little of the old ground; its share is taken out first (`foreground`), or a light halo would give the work away. The
person's own colours stay true on a plain colour and on nothing; in another scene they are moved a little towards its
light, and a shadow holds the feet to the floor.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageColor, ImageFilter, ImageOps

from lumiku.backends import Joint

Plane = NDArray[np.float32]

#: Radii round a pixel in which the person's, or the ground's, own colour is looked for; near first. Pixels at 1024.
NEAR, FAR = 3, 14
#: How far the person goes towards the new light: in colour, and in brightness; and the most it may change a channel.
TOWARDS_COLOUR, TOWARDS_BRIGHTNESS, LEAST_GAIN, MOST_GAIN = 0.25, 0.10, 0.88, 1.12
#: A picture behind a person is a little out of focus: blur radius as a share of the longer side.
DEFOCUS = 0.0015
ANKLES = (10, 13)
#: Shares of the person's height: the slice that casts the contact shadow, how far a foot may be above the lower one,
#: and half the width of a foot.
SOLE, STEP, FOOT = 0.035, 0.12, 0.09
#: Blur across and down as shares of the person's height, and darkness, of the crisp and the wide part of the shadow.
SHADOWS = ((0.010, 0.006, 0.60), (0.045, 0.014, 0.38))


def solid_color(
    picture: Image.Image, matte: Image.Image, *, color: str, shadow: bool = False, joints: Sequence[Joint] = ()
) -> Image.Image:
    """Return the person before a plain colour (#RRGGBB), RGB: exactly it wherever neither person nor shadow is."""
    ground = Image.new("RGB", picture.size, ImageColor.getrgb(color)[:3])
    if shadow:
        ground = _shaded(ground, matte, joints, strength=0.6)
    return Image.composite(foreground(picture, matte), ground, matte)


def transparent(picture: Image.Image, matte: Image.Image) -> Image.Image:
    """Return the person alone, RGBA with straight alpha and none of the old ground's colour; clear pixels are black."""
    alone = foreground(picture, matte)
    alone.paste((0, 0, 0), mask=matte.point([255] + [0] * 255))
    alone.putalpha(matte)
    return alone


def upload(
    picture: Image.Image, matte: Image.Image, *, ground: Image.Image, joints: Sequence[Joint] = ()
) -> Image.Image:
    """Return the person before a seller's own picture, RGB: cropped to cover, a little out of focus, in its light."""
    covering = ImageOps.fit(_opaque(ground), picture.size, Image.Resampling.LANCZOS)
    return _set_in(picture, matte, covering.filter(ImageFilter.GaussianBlur(DEFOCUS * max(picture.size))), joints, 0.7)


def scene(
    picture: Image.Image, matte: Image.Image, *, ground: Image.Image, joints: Sequence[Joint] = ()
) -> Image.Image:
    """Return the person in a scene that was painted for it, RGB, in its light and with a contact shadow."""
    covering = ImageOps.fit(_opaque(ground), picture.size, Image.Resampling.LANCZOS)
    return _set_in(picture, matte, covering, joints, 1.0)


def foreground(picture: Image.Image, matte: Image.Image) -> Image.Image:
    """Return the picture, RGB, with the old ground's colour taken out of the pixels that the person only shares.

    After the fast estimation of Forte (2021): the person's and the ground's colours are carried to the outline from
    where each is alone, then corrected by what the pixel itself shows.
    """
    picture = picture.convert("RGB")
    box = matte.getbbox()
    if box is None:
        return picture.copy()
    scale = max(picture.size) / 1024
    person = matte.point([0] * 243 + [255] * 13)
    carried = [_carried(picture, mask, box, scale) for mask in (person, matte.point([255] * 13 + [0] * 243))]
    share = np.asarray(matte.crop(box), np.float32)[..., None] / 255
    shown = np.asarray(picture.crop(box), np.float32)
    own = carried[0] + share * (shown - share * carried[0] - (1 - share) * carried[1])
    own = np.where(share > 0.95, shown, own)
    cleaned = picture.copy()
    cleaned.paste(Image.fromarray((np.clip(own, 0, 255) + 0.5).astype(np.uint8)), box[:2])
    return cleaned


def _carried(picture: Image.Image, where: Image.Image, box: tuple[int, int, int, int], scale: float) -> Plane:
    """The colour of the picture's pixels in `where`, spread beyond them, within `box`: (height, width, 3), 0 to 255."""
    held = picture.crop(box)
    held.putalpha(where.crop(box))
    weighted = held.convert("RGBa")
    layers = [weighted.filter(ImageFilter.BoxBlur(max(1, round(radius * scale)))) for radius in (FAR, NEAR)]
    spread = Image.new("RGB", held.size, _mean(held))
    for layer in layers:
        straight = layer.convert("RGBA")
        # Under a few steps of weight the colour is a rounding error.
        spread.paste(straight.convert("RGB"), mask=straight.getchannel("A").point(lambda value: min(255, value * 12)))
    return np.asarray(spread, np.float32)


def _mean(held: Image.Image) -> tuple[int, int, int]:
    one = held.convert("RGBa").resize((1, 1), Image.Resampling.BOX).convert("RGBA").getpixel((0, 0))
    assert isinstance(one, tuple)
    return int(one[0]), int(one[1]), int(one[2])


def _set_in(
    picture: Image.Image, matte: Image.Image, ground: Image.Image, joints: Sequence[Joint], strength: float
) -> Image.Image:
    gains = _gains(picture.convert("RGB"), ground, matte)
    person = foreground(picture, matte)
    table = [min(255, round(value * gain)) for gain in gains for value in range(256)]
    return Image.composite(person.point(table), _shaded(ground, matte, joints, strength=strength), matte)


def _gains(old: Image.Image, new: Image.Image, matte: Image.Image) -> list[float]:
    """By what each channel of the person is multiplied to come a little towards the new ground's light."""
    before, after = _light(old, ImageChops.invert(matte)), _light(new, Image.new("L", new.size, 255))
    brightness = (after.mean() / before.mean()) ** TOWARDS_BRIGHTNESS
    colour = ((after / after.mean()) / (before / before.mean())) ** TOWARDS_COLOUR
    return [float(gain) for gain in np.clip(brightness * colour, LEAST_GAIN, MOST_GAIN)]


def _light(ground: Image.Image, where: Image.Image) -> NDArray[np.float64]:
    """The mean colour of a ground, never black."""
    held = ground.copy()
    held.putalpha(where)
    return np.array(_mean(held), float) + 24.0


def _shaded(ground: Image.Image, matte: Image.Image, joints: Sequence[Joint], *, strength: float) -> Image.Image:
    """Darken the ground where the person touches it."""
    box = matte.point([0] * 128 + [255] * 128).getbbox()
    if box is None:
        return ground
    height = max(box[3] - box[1], 1)
    soles = Image.new("L", matte.size)
    for left, right, bottom in _contacts(matte, joints, box):
        band = (left, max(0, bottom - round(SOLE * height)), right, bottom)
        soles.paste(matte.crop(band), (band[0], band[1] + round(0.004 * height)))
    shade = np.ones((matte.height, matte.width), np.float32)
    for across, down, darkness in SHADOWS:
        blurred = soles.filter(ImageFilter.GaussianBlur((across * height, down * height)))
        shade *= 1 - np.asarray(blurred, np.float32) / 255 * (darkness * strength)
    return Image.fromarray((np.asarray(ground, np.float32) * shade[..., None] + 0.5).astype(np.uint8))


def _contacts(
    matte: Image.Image, joints: Sequence[Joint], box: tuple[int, int, int, int]
) -> Iterator[tuple[int, int, int]]:
    """Left, right and bottom of what stands on the floor: each foot that is low enough, else the lowest part."""
    height, feet = box[3] - box[1], []
    for x, y in [joints[ankle][:2] for ankle in ANKLES] if joints else []:
        left, right = int(x - FOOT * height), int(x + FOOT * height)
        below = matte.crop((left, int(y), right, min(matte.height, int(y + 0.16 * height))))
        found = below.point([0] * 128 + [255] * 128).getbbox()
        feet.append((max(0, left), min(matte.width, right), int(y) + (found[3] if found else 0)))
    standing = [foot for foot in feet if foot[2] > box[3] - STEP * height and foot[1] > foot[0]]
    yield from standing or [(box[0], box[2], box[3])]


def _opaque(ground: Image.Image) -> Image.Image:
    """Return a ground as RGB; what can be seen through is white."""
    if ground.mode != "RGBA":
        return ground.convert("RGB")
    white = Image.new("RGB", ground.size, "#FFFFFF")
    white.paste(ground, mask=ground.getchannel("A"))
    return white
