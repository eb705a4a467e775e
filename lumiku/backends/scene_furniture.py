"""What stands and hangs in drawn rooms: windows, sofas, tables, lamps, plants."""

from lumiku.backends import scene_surfaces as surfaces
from lumiku.backends.scene_stage import Layer, Stage, mixed, shaded
from lumiku.backends.scene_words import Place

WALL = 6.6
FOLIAGE = ("#34503A", "#456B48", "#5C8658", "#7BA06B", "#9DBB83")


def window(
    stage: Stage, place: Place, *, x: float, wide: float, z: float = WALL, tall: tuple[float, float] = (0.75, 2.55),
    curtain: str = "", bars: int = 2,
) -> None:  # fmt: skip
    """A window in the wall: what is outside is bright by day, blue at night."""
    sky = surfaces.SKIES[place.hour]
    outside = {"night": (sky[1], sky[3]), "sunset": (sky[2], sky[3])}.get(place.hour, ("#F4F8F9", "#FFFFFF"))
    (left, right), (low, high) = (x - wide / 2, x + wide / 2), tall
    glass = Layer(stage)
    glass.slab((left, right), tall, z, outside)
    stage.lay(glass, 1.0, is_glowing=True)
    green = Layer(stage)
    tones = tuple(mixed(tone, outside[1], 0.55 if place.hour != "night" else 0.0) for tone in FOLIAGE)
    if place.hour == "night":
        tones = tuple(shaded(tone, 0.35) for tone in FOLIAGE)
    for _ in range(4):
        at = stage.scattered(left + 0.2 * wide, right - 0.2 * wide)
        green.leaves(at, low + stage.scattered(0.15, 0.35) * (high - low), z, (0.17 * wide, 0.4), tones, 16, size=1.6)
    stage.lay(green, stage.radius(14), is_glowing=True)
    frame = Layer(stage)
    wood = "#F2EEE6" if curtain else "#4A443E"
    for number in range(bars + 1):
        at = left + wide * number / bars
        frame.slab((at - 0.03, at + 0.03), tall, z, (wood, shaded(wood, 0.92)))
    for at in (low, low + 0.68 * (high - low), high):
        frame.slab((left - 0.04, right + 0.04), (at - 0.035, at + 0.035), z, (wood, shaded(wood, 0.9)))
    stage.lay(frame, stage.radius(z))
    if curtain:
        _curtains(stage, (left, right), tall, curtain, z)
    column, row = stage.at(x, (low + high) / 2, z)
    metre = stage.metre(z)
    if place.hour != "night":
        light = "#FFC58A" if place.hour == "sunset" else "#FFFFFF"
        stage.glow(column, row, (1.3 * wide * metre, 1.5 * metre), light, 0.30)


def _curtains(stage: Stage, x: tuple[float, float], tall: tuple[float, float], colour: str, z: float) -> None:
    cloth = Layer(stage)
    for edge, way in ((x[0], -1), (x[1], 1)):
        for fold in range(5):
            at = edge + way * (fold * 0.085 - 0.12)
            lit, dark = shaded(colour, 1.05 - 0.03 * fold), shaded(colour, 0.80)
            cloth.column(at, (0.04, tall[1] + 0.22), z - 0.05, 0.10, (lit, dark) if way < 0 else (dark, lit))
    cloth.slab((x[0] - 0.5, x[1] + 0.5), (tall[1] + 0.20, tall[1] + 0.24), z - 0.1, ("#8A7560", "#6E5C4A"))
    stage.lay(cloth, stage.radius(z) * 0.9)


def pictures(stage: Stage, x: float, tone: str) -> None:
    layer = Layer(stage)
    for number, (left, wide, low, high) in enumerate(((-0.62, 0.52, 1.35, 2.05), (0.08, 0.46, 1.42, 1.98))):
        span = (x + left, x + left + wide)
        layer.slab(span, (low, high), WALL, ("#F7F4EE", "#E9E3D8"))
        inner = ((span[0] + 0.07, span[1] - 0.07), (low + 0.08, high - 0.08))
        layer.slab(*inner, WALL, (mixed(tone, "#C98F6B", 0.6), mixed(tone, "#6F8390", 0.65 - 0.3 * number)))
        layer.disc(x + left + wide * 0.55, (low + high) / 2 + 0.05, WALL, 0.10, mixed(tone, "#F3E2C6", 0.8))
    column, row = stage.at(x, 1.66, WALL)
    stage.shade(column, row + 4, (0.85 * stage.metre(WALL), 0.5 * stage.metre(WALL)), 0.07)
    stage.lay(layer, stage.radius(WALL))


def sofa(stage: Stage, x: float, colour: str, z: float) -> None:
    wide = min(2.3, max(1.5, stage.half(z) * 1.15))
    stage.stand(x, z - 0.25, wide * 1.15, 0.5)
    sofa = Layer(stage)
    left, right = x - wide / 2, x + wide / 2
    lit, dark = shaded(colour, 1.10), shaded(colour, 0.76)
    sofa.slab((left + 0.05, right - 0.05), (0.15, 0.92), z + 0.3, (lit, dark), round_by=0.12)
    for number in range(2):
        start = left + 0.22 + number * (wide - 0.44) / 2
        span = (start + 0.01, start + (wide - 0.44) / 2 - 0.01)
        sofa.slab(span, (0.38, 0.86), z + 0.2, (shaded(colour, 1.16), shaded(colour, 0.84)), round_by=0.11)
        sofa.slab(span, (0.14, 0.50), z - 0.1, (shaded(colour, 1.22), shaded(colour, 0.74)), round_by=0.07)
    for edge in (left, right - 0.26):
        sofa.slab(
            (edge, edge + 0.26), (0.10, 0.66), z - 0.15, (shaded(colour, 1.14), shaded(colour, 0.72)), round_by=0.10
        )
    for at, tone in ((left + 0.52, "#E7DCCB"), (right - 0.55, "#C98A63")):
        sofa.slab(
            (at - 0.23, at + 0.23), (0.46, 0.84), z - 0.02, (shaded(tone, 1.05), shaded(tone, 0.82)), round_by=0.09
        )
    stage.lay(sofa, stage.radius(z))


def shelves(stage: Stage, x: float, wide: float, z: float) -> None:
    back = Layer(stage)
    back.slab((x - wide / 2, x + wide / 2), (0.9, 2.7), z, ("#5A4230", "#3E2C20"), round_by=0.03)
    stage.lay(back, stage.radius(z))
    column, row = stage.at(x, 1.8, z)
    stage.glow(column, row, (0.55 * wide * stage.metre(z), 0.9 * stage.metre(z)), "#FFC98A", 0.50)
    things = Layer(stage)
    tones = ("#E8DAC2", "#B5764E", "#6E8573", "#D9A860", "#8C5A45", "#F2EBDD", "#4E5F66")
    for level in (1.15, 1.70, 2.25):
        things.slab((x - wide / 2, x + wide / 2), (level - 0.05, level), z - 0.05, ("#9A7350", "#6B4A30"))
        at = x - wide / 2 + 0.1
        while at < x + wide / 2 - 0.15:
            size, tall = stage.scattered(0.08, 0.17), stage.scattered(0.13, 0.36)
            tone = tones[int(stage.scattered(0, len(tones)))]
            things.slab(
                (at, at + size), (level, level + tall), z - 0.1, (shaded(tone, 1.05), shaded(tone, 0.75)), round_by=0.03
            )
            at += size + stage.scattered(0.02, 0.12)
    stage.lay(things, stage.radius(z))


def counter(stage: Stage, x: float, wide: float, z: float) -> None:
    stage.stand(x, z, wide * 1.2, 0.5)
    bar = Layer(stage)
    left, right = x - wide / 2, x + wide / 2
    bar.slab((left, right), (0.0, 1.02), z, ("#8B6545", "#5C402B"))
    for number in range(int(wide / 0.22) + 1):
        at = left + number * 0.22
        bar.slab((at, at + 0.015), (0.02, 0.98), z, ("#6B4A31", "#4A3322"))
    bar.slab((left - 0.06, right + 0.06), (1.0, 1.09), z - 0.05, ("#F1EADF", "#BDB2A2"))
    bar.slab((x - 0.5, x - 0.02), (1.09, 1.48), z + 0.1, ("#D9DADB", "#7E8285"), round_by=0.05)
    bar.slab((x + 0.35, x + 0.47), (1.09, 1.42), z + 0.1, ("#EFE3CF", "#B79F80"), round_by=0.03)
    stage.lay(bar, stage.radius(z))


def table(stage: Stage, x: float, z: float, wood: str) -> None:
    stage.stand(x, z, 0.75, 0.38)
    set_ = Layer(stage)
    for way in (-1, 1):
        chair = x + way * 0.52
        set_.slab((chair - 0.19, chair + 0.19), (0.42, 0.47), z + 0.25, (shaded(wood, 1.2), shaded(wood, 0.8)))
        set_.slab(
            (chair + way * 0.15 - 0.03, chair + way * 0.15 + 0.03),
            (0.0, 0.88),
            z + 0.28,
            (shaded(wood, 1.1), shaded(wood, 0.7)),
        )
        set_.slab(
            (chair - way * 0.16 - 0.02, chair - way * 0.16 + 0.02), (0.0, 0.44), z + 0.25, (wood, shaded(wood, 0.6))
        )
    set_.column(x, (0.02, 0.72), z, 0.07, ("#5A5450", "#2E2B29"))
    set_.slab((x - 0.22, x + 0.22), (0.0, 0.03), z, ("#4A4542", "#2E2B29"), round_by=0.02)
    set_.slab((x - 0.40, x + 0.40), (0.71, 0.755), z, (shaded(wood, 1.5), shaded(wood, 0.9)), round_by=0.02)
    set_.slab((x - 0.06, x + 0.02), (0.755, 0.84), z, ("#FBF8F2", "#CFC7BA"), round_by=0.02)
    stage.lay(set_, stage.radius(z))


def pendant(stage: Stage, x: float, y: float, z: float) -> None:
    """A hanging lamp that glows."""
    layer = Layer(stage)
    layer.slab((x - 0.008, x + 0.008), (y + 0.12, y + 2.5), z, ("#3A332D", "#3A332D"))
    layer.slab((x - 0.15, x + 0.15), (y, y + 0.17), z, ("#3B342E", "#6B5844"), round_by=0.08)
    stage.lay(layer, stage.radius(z))
    column, row = stage.at(x, y - 0.02, z)
    metre = stage.metre(z)
    bulb = Layer(stage)
    bulb.disc(x, y - 0.01, z, 0.085, "#FFF3D6")
    stage.lay(bulb, stage.radius(z) * 0.8, is_glowing=True)
    stage.glow(column, row, (0.55 * metre, 0.55 * metre), "#FFCF8F", 0.45)


def lamp(stage: Stage, x: float, z: float, place: Place, *, tall: float = 1.62) -> None:
    """A floor lamp; it is lit in the evening."""
    stage.stand(x, z, 0.3, 0.3)
    layer = Layer(stage)
    layer.slab((x - 0.014, x + 0.014), (0.0, tall), z, ("#8A7452", "#5E4E38"))
    layer.slab((x - 0.13, x + 0.13), (0.0, 0.03), z, ("#8A7452", "#5E4E38"))
    stage.lay(layer, stage.radius(z))
    is_lit = place.hour in {"night", "sunset"}
    shade = Layer(stage)
    tones = ("#FFF1D4", "#FFD9A0") if is_lit else ("#F3EBDD", "#D9CDBA")
    shade.slab((x - 0.19, x + 0.19), (tall - 0.04, tall + 0.32), z, tones, round_by=0.05)
    stage.lay(shade, stage.radius(z), is_glowing=is_lit)
    if is_lit:
        column, row = stage.at(x, tall + 0.1, z)
        stage.glow(column, row, (1.3 * stage.metre(z), 1.2 * stage.metre(z)), "#FFC680", 0.55)


def plant(stage: Stage, x: float, z: float, size: float) -> None:
    """A leafy plant in a pot."""
    stage.stand(x, z, 0.5 * size, 0.4)
    layer = Layer(stage)
    layer.column(x, (0.0, 0.38 * size), z, 0.36 * size, ("#E9E2D6", "#A79C8C"))
    layer.slab((x - 0.015, x + 0.015), (0.3 * size, 0.9 * size), z, ("#5C4A38", "#5C4A38"))
    layer.leaves(x, 0.98 * size, z, (0.36 * size, 0.50 * size), FOLIAGE, 95)
    stage.lay(layer, stage.radius(z) * 0.85)


def rug(stage: Stage, colour: str, z: float) -> None:
    """A round rug where somebody may stand."""
    layer = Layer(stage)
    column, row = stage.at(0, 0, z)
    for share, tone in ((1.0, shaded(colour, 0.90)), (0.93, colour), (0.80, shaded(colour, 0.95)), (0.77, colour)):
        wide = share * 1.55 * stage.metre(z)
        tall = share * 0.5 * (stage.at(0, 0, z - 1.15)[1] - stage.at(0, 0, z + 1.5)[1])
        layer.draw.ellipse((column - wide, row - tall + 0.3 * tall, column + wide, row + tall + 0.3 * tall), fill=tone)
    stage.lay(layer, 1.6)
