"""Drawn scenes under a roof where people work, train and buy: office, gym and shop."""

import numpy as np

from lumiku.backends import scene_furniture as furniture
from lumiku.backends import scene_rooms as rooms
from lumiku.backends import scene_surfaces as surfaces
from lumiku.backends.scene_stage import Layer, Stage, mixed, rgb, shaded
from lumiku.backends.scene_words import Place

DEEP = 8.0


def office(stage: Stage, place: Place) -> None:
    """Desks before a wall of glass with a pale skyline, light panels above."""
    base, side = stage.foot(DEEP), 1 if place.number & 1 else -1
    tone = place.colour or "#E4E6E7"
    surfaces.wall(stage, tone, base)
    _skyline(stage, place)
    _mullions(stage)
    surfaces.soil(stage, mixed("#8E9499", tone, 0.25), base, rough=0.03, size=30)
    _ceiling(stage)
    for way, z in ((-1, 6.8), (1, 6.6), (-1, 5.0), (1, 4.9)):
        _desk(stage, way * (stage.half(z) * 0.66 if z > 6 else max(stage.half(z) * 1.02, 1.45)), z, side)
    furniture.plant(stage, side * stage.half(7.0) * 0.30, 7.2, 1.25)
    surfaces.mirrored(stage, base, 0.10, blur=9)
    if place.hour == "night":
        return
    stage.glow(0.5 * stage.width, 0.34 * stage.height, (0.7 * stage.width, 0.34 * stage.height), "#FFFFFF", 0.22)


def gym(stage: Stage, place: Place) -> None:
    """A dark hall with a rack of weights, a mirror, lines of light and a rubber floor."""
    base, half, side = stage.foot(DEEP), stage.half(DEEP), 1 if place.number & 1 else -1
    tone = place.colour or "#585D64"
    surfaces.wall(stage, mixed("#4B4F56", tone, 0.55), base, mottle=0.05)
    accent = mixed("#D96B3F", tone, 0.2) if place.colour is None else mixed(tone, "#FFFFFF", 0.25)
    band = Layer(stage)
    band.slab((-12, 12), (1.42, 1.60), DEEP, (accent, shaded(accent, 0.85)))
    stage.lay(band, stage.radius(DEEP))
    mirror = Layer(stage)
    span = sorted((side * half * 0.16, side * half * 1.1))
    mirror.slab((span[0], span[1]), (0.25, 2.45), DEEP, ("#A3ACB4", "#747B83"))
    for number in range(1, 4):
        at = span[0] + number * (span[1] - span[0]) / 4
        mirror.slab((at - 0.012, at + 0.012), (0.25, 2.45), DEEP, ("#B9C0C6", "#8A9198"))
    stage.lay(mirror, stage.radius(DEEP))
    surfaces.soil(stage, "#55585C", base, rough=0.07, size=40)
    _strips(stage, place)
    _rack(stage, -side * half * 0.56, 7.2)
    _bench(stage, side * stage.half(5.8) * 0.70, 5.8)
    _ball(stage, -side * stage.half(4.8) * 1.0, 4.9, mixed("#C9583F", tone, 0.15))
    surfaces.mirrored(stage, base, 0.22, blur=9)


def shop(stage: Stage, place: Place) -> None:
    """Clothes on rails, shelves with folded cloth, warm spots on pale walls."""
    base, half, side = stage.foot(DEEP), stage.half(DEEP), 1 if place.number & 1 else -1
    tone = place.colour or "#EADFD2"
    surfaces.wall(stage, tone, base)
    _niche(stage, side * half * 0.55, min(2.4, half * 0.9), mixed(tone, "#7A5A40", 0.62))
    surfaces.tiles(stage, mixed("#E3DBCF", tone, 0.2), base, wide=0.9, joint=-0.09)
    rooms.skirting(stage, mixed(tone, "#FFFFFF", 0.5), DEEP)
    surfaces.mirrored(stage, base, 0.28, blur=7)
    _rail(stage, -side * half * 0.55, min(2.0, half * 0.9), 7.2, tone)
    _rail(stage, side * stage.half(5.2) * 1.02, 1.2, 5.2, tone)
    furniture.plant(stage, -side * stage.half(5.4) * 1.0, 5.4, 1.15)
    for number in range(5):
        x = (number - 2) * 0.48 * half
        column, row = stage.at(x, 2.9, DEEP)
        stage.glow(column, row, (0.35 * stage.metre(DEEP), 1.3 * stage.metre(DEEP)), "#FFE9C8", 0.32)


def _skyline(stage: Stage, place: Place) -> None:
    """What is seen through the glass: sky and pale towers."""
    top, foot = max(0, round(stage.at(0, 3.05, DEEP)[1])), round(stage.at(0, 0.12, DEEP)[1])
    sky = surfaces.SKIES[place.hour]
    bands = np.linspace(0, 1, foot - top, dtype=np.float32)[:, None]
    stage.image[top:foot] = (rgb(sky[1]) + (rgb(sky[3]) - rgb(sky[1])) * bands)[:, None, :]
    towers = Layer(stage)
    for z, pale in ((60.0, 0.72), (40.0, 0.52)):
        at = -stage.half(z)
        while at < stage.half(z):
            wide, tall = stage.scattered(3, 7), stage.scattered(2, 15) * z / 60
            tone = mixed(
                "#7F93A6" if place.hour != "night" else "#1C2740", sky[3], pale if place.hour != "night" else 0.12
            )
            towers.slab((at, at + wide), (-3.0, tall), z, (tone, mixed(tone, sky[3], 0.25)))
            if place.hour == "night":
                for _ in range(12):
                    towers.disc(at + stage.scattered(0.3, wide - 0.3), stage.scattered(0, tall), z, 0.22, "#FFD99A")
            at += wide + stage.scattered(0.2, 3.5)
    stage.lay(towers, stage.radius(40), is_glowing=True)


def _mullions(stage: Stage) -> None:
    layer, half = Layer(stage), stage.half(DEEP) + 1
    for number in range(-int(half / 1.35) - 1, int(half / 1.35) + 2):
        x = (number + 0.5) * 1.35
        layer.slab((x - 0.035, x + 0.035), (0, 3.2), DEEP, ("#6A7076", "#54595E"))
    layer.slab((-half, half), (0.0, 0.14), DEEP, ("#70767B", "#54595E"))
    layer.slab((-half, half), (2.30, 2.35), DEEP, ("#6A7076", "#5C6167"))
    stage.lay(layer, stage.radius(DEEP))


def _ceiling(stage: Stage) -> None:
    """A ceiling that comes towards the camera, with panels of light."""
    layer, tall = Layer(stage), 3.05
    layer.polygon([(-30, tall, DEEP), (30, tall, DEEP), (30, tall, 1.5), (-30, tall, 1.5)], "#DFE0E0")
    stage.lay(layer, 1.6)
    lights = Layer(stage)
    for number in range(-3, 4):
        for near, far in ((6.0, 7.4), (4.0, 5.2)):
            x = number * 1.8
            lights.polygon(
                [(x - 0.35, tall, far), (x + 0.35, tall, far), (x + 0.35, tall, near), (x - 0.35, tall, near)],
                "#FFFFFF",
            )
    stage.lay(lights, stage.radius(6.5), is_glowing=True)


def _desk(stage: Stage, x: float, z: float, side: int) -> None:
    stage.stand(x, z, 1.6, 0.38)
    desk = Layer(stage)
    desk.slab((x - 0.8, x + 0.8), (0.70, 0.745), z, ("#D9BE99", "#A98A66"))
    for edge in (-0.74, 0.70):
        desk.slab((x + edge, x + edge + 0.045), (0.0, 0.71), z, ("#E8E8E8", "#A9ABAD"))
    desk.slab((x - 0.02, x + 0.02), (0.745, 0.95), z + 0.2, ("#3A3D41", "#2B2D30"))
    desk.slab((x - 0.34, x + 0.34), (0.86, 1.26), z + 0.18, ("#3C4045", "#26282B"), round_by=0.02)
    desk.slab((x - 0.31, x + 0.31), (0.89, 1.23), z + 0.18, ("#9DB9CF", "#6E8CA6"))
    chair = x + 0.25 * side
    desk.slab((chair - 0.24, chair + 0.24), (0.56, 1.06), z - 0.4, ("#50565C", "#33373B"), round_by=0.09)
    desk.slab((chair - 0.26, chair + 0.26), (0.43, 0.52), z - 0.5, ("#50565C", "#2C2F33"), round_by=0.04)
    desk.slab((chair - 0.025, chair + 0.025), (0.10, 0.44), z - 0.45, ("#8A8F94", "#55595D"))
    desk.slab((chair - 0.26, chair + 0.26), (0.04, 0.10), z - 0.45, ("#5A5F64", "#33373B"), round_by=0.03)
    desk.slab((x - 0.65, x - 0.48), (0.745, 1.0), z, ("#F1EEE8", "#C9C4BA"), round_by=0.02)
    stage.lay(desk, stage.radius(z))


def _strips(stage: Stage, place: Place) -> None:
    """Lines of light under the ceiling, cool or in the asked colour."""
    tone = mixed("#EAF3FF", place.colour, 0.45) if place.colour else "#EAF3FF"
    layer = Layer(stage)
    tall = 2.95
    for x in (-2.9, -1.0, 1.0, 2.9):
        layer.polygon(
            [(x - 0.05, tall, DEEP), (x + 0.05, tall, DEEP), (x + 0.05, tall, 4.2), (x - 0.05, tall, 4.2)], tone
        )
    layer.slab((-12, 12), (2.72, 2.77), DEEP, (tone, tone))
    stage.lay(layer, 2.2, is_glowing=True)
    row = stage.at(0, 2.75, DEEP)[1]
    stage.glow(stage.width / 2, row, (3 * stage.width, 0.11 * stage.height), tone, 0.34)
    stage.glow(stage.width / 2, 0.55 * stage.height, (0.45 * stage.width, 0.40 * stage.height), tone, 0.16)


def _rack(stage: Stage, x: float, z: float) -> None:
    """Dumb-bells on a rack."""
    stage.stand(x, z, 2.2, 0.4)
    layer, wide = Layer(stage), min(2.2, stage.half(z) * 0.95)
    for edge in (-wide / 2, wide / 2 - 0.06):
        layer.slab((x + edge, x + edge + 0.06), (0, 1.15), z, ("#3B3F45", "#25282C"))
    for level in (0.22, 0.62, 1.02):
        layer.slab((x - wide / 2, x + wide / 2), (level, level + 0.05), z - 0.05, ("#7B828A", "#4A4F55"))
        for at in np.arange(x - wide / 2 + 0.14, x + wide / 2 - 0.1, 0.25):
            layer.slab(
                (at - 0.10, at + 0.10), (level + 0.05, level + 0.24), z - 0.1, ("#565B62", "#1F2124"), round_by=0.05
            )
            layer.slab(
                (at - 0.045, at + 0.045), (level + 0.10, level + 0.19), z - 0.12, ("#C3C8CD", "#7D8389"), round_by=0.03
            )
    stage.lay(layer, stage.radius(z))


def _bench(stage: Stage, x: float, z: float) -> None:
    """A bench under a barbell on its stand."""
    stage.stand(x, z, 1.7, 0.4)
    layer = Layer(stage)
    for edge in (-0.52, 0.46):
        layer.slab((x + edge, x + edge + 0.07), (0, 1.30), z + 0.2, ("#C9CDD1", "#6E7479"))
    layer.slab((x - 1.05, x + 1.05), (1.24, 1.28), z + 0.1, ("#E3E6E8", "#8F959B"), round_by=0.02)
    for edge in (-0.88, 0.88):
        layer.slab((x + edge - 0.06, x + edge + 0.06), (1.03, 1.49), z + 0.1, ("#3F4349", "#17191B"), round_by=0.04)
        layer.slab(
            (x + edge * 0.86 - 0.05, x + edge * 0.86 + 0.05),
            (1.09, 1.43),
            z + 0.1,
            ("#50555B", "#202225"),
            round_by=0.04,
        )
    layer.slab((x - 0.17, x + 0.17), (0.40, 0.50), z - 0.1, ("#5A6067", "#2B2E32"), round_by=0.04)
    layer.slab((x - 0.05, x + 0.05), (0, 0.41), z - 0.1, ("#A9AEB3", "#5C6166"))
    stage.lay(layer, stage.radius(z))


def _ball(stage: Stage, x: float, z: float, colour: str) -> None:
    stage.stand(x, z, 0.7, 0.45)
    layer = Layer(stage)
    for number in range(9):
        share = number / 8
        layer.disc(
            x + 0.05 * share, 0.32 + 0.07 * share, z, 0.32 * (1 - 0.78 * share), shaded(colour, 0.72 + 0.55 * share)
        )
    stage.lay(layer, stage.radius(z) + 1.2)


def _niche(stage: Stage, x: float, wide: float, wood: str) -> None:
    """Lit shelves with folded clothes and bags."""
    layer = Layer(stage)
    layer.slab(
        (x - wide / 2, x + wide / 2), (0.12, 2.55), DEEP, (shaded(wood, 0.95), shaded(wood, 0.72)), round_by=0.04
    )
    tones = ("#F2EBE0", "#C8A58B", "#8E9A8C", "#D9B8A8", "#6F7C88", "#B98563")
    for level in (0.55, 1.05, 1.55, 2.05):
        layer.slab(
            (x - wide / 2 + 0.05, x + wide / 2 - 0.05),
            (level - 0.04, level),
            DEEP - 0.05,
            (shaded(wood, 1.35), shaded(wood, 1.0)),
        )
        at = x - wide / 2 + 0.14
        while at < x + wide / 2 - 0.36:
            size = stage.scattered(0.22, 0.32)
            for fold in range(int(stage.scattered(1, 5))):
                tone = tones[int(stage.scattered(0, len(tones)))]
                span = (level + fold * 0.065, level + fold * 0.065 + 0.06)
                layer.slab((at, at + size), span, DEEP - 0.1, (shaded(tone, 1.05), shaded(tone, 0.85)), round_by=0.025)
            at += size + stage.scattered(0.06, 0.2)
    stage.lay(layer, stage.radius(DEEP))
    column, row = stage.at(x, 1.6, DEEP)
    stage.glow(column, row, (0.6 * wide * stage.metre(DEEP), 1.1 * stage.metre(DEEP)), "#FFE2B8", 0.12)


def _rail(stage: Stage, x: float, wide: float, z: float, tone: str) -> None:
    """Garments on hangers."""
    stage.stand(x, z, wide * 1.1, 0.32)
    layer = Layer(stage)
    tones = ("#EFE6D8", "#C9A58C", "#A7B3A4", "#8391A0", "#DDB9AE", "#B7835F", "#5F6670", "#F5F1EA")
    for edge in (-wide / 2, wide / 2):
        layer.slab((x + edge - 0.018, x + edge + 0.018), (0, 1.66), z, ("#8C7A5E", "#5F523E"))
    at = x - wide / 2 + 0.10
    while at < x + wide / 2 - 0.08:
        cloth = mixed(tones[int(stage.scattered(0, len(tones)))], tone, 0.15)
        low, size = stage.scattered(0.45, 0.85), stage.scattered(0.055, 0.08)
        layer.column(at, (low, 1.56), z - 0.02, 2 * size, (shaded(cloth, 1.06), shaded(cloth, 0.74)))
        layer.disc(at, 1.56, z - 0.02, size * 0.9, shaded(cloth, 0.92))
        at += stage.scattered(0.085, 0.13)
    layer.slab((x - wide / 2, x + wide / 2), (1.64, 1.67), z - 0.03, ("#A8946F", "#6B5C44"))
    stage.lay(layer, stage.radius(z))
