import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from lumiku.backends import BackendError, ImageRequest
from lumiku.backends.preview import STANDING, PreviewBackend
from lumiku.backends.wardrobe import look

SIZES = [(1024, 1024), (896, 1120), (864, 1152), (720, 1280), (1280, 720)]
GREEN = "#3C8C5A"


def standing(width, height, **moved):
    """The 18 joints of a standing figure; `moved` places single joints (j4=(x, y, z) in metres)."""
    places = [moved.get(f"j{number}", place) for number, place in enumerate(STANDING)]
    scale = 0.8 * min(height / 1.72, width / 0.8)
    return tuple((width / 2 + scale * x, height * 0.93 - scale * y, scale * z, True) for x, y, z in places)


def request(width=512, height=512, seed=7, **more):
    more.setdefault("joints", standing(width, height))
    return ImageRequest(prompt="a figure", width=width, height=height, seed=seed, **more)


def pixels(painting):
    return np.asarray(painting.image, dtype=int)


@pytest.fixture(scope="module")
def backend():
    return PreviewBackend()


@pytest.mark.parametrize("size", SIZES)
def test_the_picture_is_a_png_of_exactly_the_asked_size(backend, size):
    painting = backend.paint(request(*size))

    stored = Image.open(io.BytesIO(painting.data))
    assert stored.format == "PNG"
    assert stored.size == painting.image.size == size
    assert stored.mode == "RGB"
    assert (np.asarray(stored) == pixels(painting)).all()


def test_the_same_request_gives_the_same_bytes(backend):
    assert backend.paint(request()).data == PreviewBackend().paint(request()).data


def test_another_seed_gives_another_picture_of_the_same_pose(backend):
    one, other = (pixels(backend.paint(request(seed=seed, background=GREEN))) for seed in (1, 2))

    figure = (np.abs(one - one[0, 0]).max(axis=2) > 25) & (np.abs(other - other[0, 0]).max(axis=2) > 25)
    assert (one != other).any()
    assert figure.sum() > 0.6 * (np.abs(one - one[0, 0]).max(axis=2) > 25).sum()


@pytest.mark.parametrize("seed", range(6))
def test_the_figure_covers_its_joints_whatever_the_seed(backend, seed):
    asked = request(seed=seed, background="#FFFFFF")

    picture = pixels(backend.paint(asked))

    for number, (x, y, _, _) in enumerate(asked.joints):
        around = picture[int(y) - 8 : int(y) + 9, int(x) - 8 : int(x) + 9]
        assert (around.max(axis=2) < 240).any(), number


def test_moving_an_arm_moves_it_in_the_picture(backend):
    raised = standing(512, 512, j6=(0.43, 1.45, 0), j7=(0.62, 1.62, 0))

    picture = pixels(backend.paint(request(joints=raised, background=GREEN)))

    x, y, _, _ = raised[7]
    rest_x, rest_y, _, _ = standing(512, 512)[7]
    assert np.abs(picture[int(y), int(x)] - picture[0, 0]).max() > 25
    assert np.abs(picture[int(rest_y), int(rest_x)] - picture[0, 0]).max() < 25


def test_an_arm_before_the_trunk_is_drawn_over_it_and_one_behind_is_not(backend):
    bare = {"style": "black dress", "gender": "female", "skin_tone": "fair"}
    before = standing(512, 512, j6=(0.2, 1.12, 0.12), j7=(0.0, 1.12, 0.28))
    behind = standing(512, 512, j6=(0.2, 1.12, -0.12), j7=(0.0, 1.12, -0.28))

    front, back = (pixels(backend.paint(request(joints=joints, traits=bare))) for joints in (before, behind))

    x, y, _, _ = before[7]
    assert front[int(y), int(x) + 8].mean() > 2 * back[int(y), int(x) + 8].mean()


@pytest.mark.parametrize("colour", ["#FFFFFF", "#000000", GREEN, "#F5D0C5"])
@pytest.mark.parametrize("size", [(512, 512), (288, 512), (512, 288)])
def test_an_asked_background_is_truly_that_colour_in_the_corners(backend, colour, size):
    picture = pixels(backend.paint(request(*size, background=colour)))

    asked = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    for corner in (picture[:6, :6], picture[:6, -6:], picture[-6:, :6], picture[-6:, -6:]):
        assert np.abs(corner - asked).max() <= 3


def test_without_a_colour_the_ground_is_a_light_studio_chosen_by_the_seed(backend):
    corners = {tuple(pixels(backend.paint(request(256, 256, seed=seed)))[2, 2]) for seed in range(8)}

    assert len(corners) > 2
    assert all(min(corner) > 180 for corner in corners)


def test_without_a_pose_a_standing_figure_is_drawn_and_nothing_is_cut(backend):
    picture = pixels(backend.paint(request(joints=(), background="#FFFFFF")))

    figure = picture.max(axis=2) < 200
    rows, columns = np.nonzero(figure)
    assert rows.min() > 10
    assert rows.max() < 502
    assert rows.max() - rows.min() > 360
    assert columns.max() - columns.min() < 300


@pytest.mark.parametrize(
    "joints",
    [((1.0, 1.0, 0.0, True),) * 3, ((100.0, 100.0, 0.0, True),) * 18, ((float("nan"), 1.0, 0.0, True),) * 18],
)
def test_joints_that_are_no_figure_are_refused(backend, joints):
    with pytest.raises(BackendError) as refused:
        backend.paint(request(joints=joints))

    assert refused.value.code == "refused"
    assert not refused.value.retryable


def test_flat_joints_from_a_photo_are_painted_too(backend):
    flat = tuple((x, y, 0.0, visible) for x, y, _, visible in standing(512, 512))

    picture = pixels(backend.paint(request(joints=flat, background="#FFFFFF")))

    assert (picture.max(axis=2) < 200).sum() > 10_000


def test_skin_follows_the_traits(backend):
    x, y, _, _ = standing(512, 512)[6]

    fair, deep = (
        pixels(backend.paint(request(traits={"skin_tone": tone})))[int(y) + 25, int(x)] for tone in ("fair", "deep")
    )

    assert fair.mean() > deep.mean() + 60


def test_a_hijab_is_worn_when_the_traits_say_so():
    for traits in ({"hair_style": "hijab hitam"}, {"style": "hijab modern"}, {"style": "kerudung segi empat"}):
        assert look(traits).hijab is not None, traits
    assert look({"hair_style": "long black"}).hijab is None


def test_colour_words_are_understood_in_english_and_indonesian():
    assert (look({"style": "navy blazer"}).jacket == look({"style": "blazer navy"}).jacket).all()
    assert look({"hair_style": "hijab merah"}).hijab.argmax() == 0
    assert look({"hair_style": "hijab hijau"}).hijab.argmax() == 1
    assert look({"skin_tone": "sawo matang"}).skin.mean() < look({"skin_tone": "kuning langsat"}).skin.mean()


@pytest.mark.parametrize("traits", [{"style": "x" * 50}, {"gender": None}, {"skin_tone": 7}, {"hair_style": "🙂"}, {}])
def test_unknown_words_change_nothing_and_break_nothing(traits):
    assert look(traits).skin.shape == (3,)


def test_the_backend_says_what_it_obeys_and_that_it_is_ready(backend):
    assert backend.supports == {"control", "seed", "traits", "background", "scene"}
    assert backend.label == "Preview (drawn mannequins)"
    assert backend.check().endswith(".")


def test_a_described_scene_stands_behind_the_figure(backend):
    scene, studio = (pixels(backend.paint(request(scene=scene))) for scene in ("pantai siang", ""))
    empty = pixels(backend.paint(request(scene="pantai siang", is_empty=True)))

    # Blue sky above and sand below, in both; the figure in one of them only.
    for picture in (scene, empty):
        assert picture[150:220, 60:140, 2].mean() > picture[150:220, 60:140, 0].mean() + 15
        assert picture[480:, :40, 0].mean() > picture[480:, :40, 2].mean() + 20
    assert np.abs(scene[150:350, 230:280] - empty[150:350, 230:280]).mean() > 40
    assert np.abs(studio[150:220, 60:140, 2].mean() - studio[150:220, 60:140, 0].mean()) < 15


@pytest.mark.parametrize("scene", ["modern café", "pantai senja", "city street at night", "anything else"])
def test_a_scene_repeats_with_its_seed_and_changes_with_another(backend, scene):
    for is_empty in (False, True):
        first, again, other = (
            backend.paint(request(256, 256, seed=seed, scene=scene, is_empty=is_empty)).data for seed in (1, 1, 2)
        )
        assert first == again
        assert first != other


def test_nobody_is_in_an_empty_picture_whatever_the_joints_say(backend):
    for more in ({"scene": "gym"}, {"background": GREEN}, {}):
        posed = backend.paint(request(256, 256, is_empty=True, **more)).data
        unposed = backend.paint(request(256, 256, is_empty=True, joints=(), **more)).data
        broken = backend.paint(request(256, 256, is_empty=True, joints=((1.0, 1.0, 0.0, True),) * 3, **more)).data

        assert posed == unposed == broken


def test_the_prompt_is_not_read(backend):
    beach, street = (
        backend.paint(ImageRequest(prompt=prompt, width=256, height=256, seed=7, scene="gym")).data
        for prompt in ("a beach", "a street")
    )

    assert beach == street


def test_the_light_of_the_scene_falls_on_the_figure(backend):
    white = {"style": "white shirt", "gender": "male"}
    day, sunset, night = (
        pixels(backend.paint(request(scene=f"gunung {hour}", traits=white)))[170:230, 240:272].mean(axis=(0, 1))
        for hour in ("siang", "senja", "malam")
    )

    assert sunset[0] / sunset[2] > day[0] / day[2] * 1.05
    assert night.mean() < 0.85 * day.mean()


def test_feet_darken_the_floor_of_a_scene(backend):
    asked = request(scene="white photo studio")
    x, y, _, _ = asked.joints[10]

    there, empty = (pixels(backend.paint(replace(asked, is_empty=is_empty))) for is_empty in (False, True))

    row = slice(min(509, int(y) + 16), min(512, int(y) + 22))
    beside = slice(int(x) - 30, int(x) + 60)
    assert there[row, beside].mean() < empty[row, beside].mean() - 8
