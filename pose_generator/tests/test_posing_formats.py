"""Skeletons of other programs: read exactly, or refused with what is wrong."""

from typing import Any

import numpy as np
import pytest

from lumiku.errors import Invalid
from pose_generator.posing import camera, formats, kinematics, subject

PLACES = np.array([joint[:2] for joint in camera.project(kinematics.keypoints({}), width=400, height=600)])
#: Where OpenPose's 25 points and COCO's 17 have our joints, by the programs' own documentation.
ARMS = ["rsho", "relb", "rwri", "lsho", "lelb", "lwri"]
RIGHT_LEG, LEFT_LEG, FACE = ["rhip", "rkne", "rank"], ["lhip", "lkne", "lank"], ["reye", "leye", "rear", "lear"]
OURS = ["nose", "neck", *ARMS, *RIGHT_LEG, *LEFT_LEG, *FACE]
BODY_25 = ["nose", "neck", *ARMS, "mid", *RIGHT_LEG, *LEFT_LEG, *FACE]
COCO_17 = [
    *("nose", "leye", "reye", "lear", "rear", "lsho", "rsho", "lelb", "relb", "lwri", "rwri"),
    *("lhip", "rhip", "lkne", "rkne", "lank", "rank"),
]


def eighteen(confidence: float = 0.9) -> list[float]:
    return [number for x, y in PLACES for number in (x, y, confidence)]


def named(names: list[str], points: int, sure: float) -> list[float]:
    numbers = [0.0] * (3 * points)
    for number, name in enumerate(names):
        if name in OURS:
            numbers[3 * number : 3 * number + 3] = [*PLACES[OURS.index(name)], sure]
    return numbers


def person(numbers: Any) -> dict[str, Any]:
    return {"people": [{"pose_keypoints_2d": numbers}]}


def test_eighteen_points_are_taken_as_they_stand() -> None:
    places, confidence = formats.openpose(person(eighteen()))

    np.testing.assert_allclose(places, PLACES)
    np.testing.assert_allclose(confidence, 0.9)


def test_twenty_five_points_are_put_in_our_order() -> None:
    places, confidence = formats.openpose(person(named(BODY_25, 25, 0.8)))

    np.testing.assert_allclose(places, PLACES)
    np.testing.assert_allclose(confidence, 0.8)


def test_coco_points_are_put_in_our_order_with_the_neck_between_the_shoulders() -> None:
    places, confidence = formats.coco({"keypoints": named(COCO_17, 17, 2)})

    others = [number for number in range(18) if number != 1]
    np.testing.assert_allclose(places[others], PLACES[others])
    np.testing.assert_allclose(places[1], PLACES[[2, 5]].mean(axis=0))
    np.testing.assert_allclose(confidence, 1.0)


def test_coco_annotations_with_one_person_are_read() -> None:
    written = {"annotations": [{"keypoints": [0] * 51}, {"keypoints": named(COCO_17, 17, 1)}]}

    places, _confidence = formats.coco(written)

    np.testing.assert_allclose(places[0], PLACES[0])


def test_shares_of_a_canvas_become_pixels() -> None:
    shares = [number for x, y in PLACES for number in (x / 400, y / 600, 1.0)]

    places, _confidence = formats.openpose({**person(shares), "canvas_width": 400, "canvas_height": 600})

    np.testing.assert_allclose(places, PLACES)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (None, "people"),
        ([], "people"),
        ({"people": {}}, "people"),
        (person(eighteen()[:-1]), "53 numbers"),
        (person("x"), "0 numbers"),
        (person([*eighteen()[:7], "8", *eighteen()[8:]]), r"\[7\]"),
        (person([*eighteen()[:7], True, *eighteen()[8:]]), r"\[7\]"),
        (person([*eighteen()[:7], float("nan"), *eighteen()[8:]]), r"\[7\]"),
        (person([*eighteen()[:7], 1e300, *eighteen()[8:]]), r"\[7\]"),
        (person([5, 5, 1] * 18), "one spot"),
    ],
)
def test_what_is_no_skeleton_is_refused_with_what_is_wrong(written: Any, said: str) -> None:
    with pytest.raises(Invalid, match=said) as refusal:
        formats.openpose(written)

    assert refusal.value.fields == {"openpose": [refusal.value.message]}


@pytest.mark.parametrize("written", [{"people": []}, person([]), person([0] * 54), {"people": [None]}])
def test_nobody_is_refused(written: Any) -> None:
    with pytest.raises(subject.NoPerson):
        formats.openpose(written)


def test_several_people_are_refused_as_in_a_photo() -> None:
    with pytest.raises(subject.SeveralPeople) as refusal:
        formats.openpose({"people": person(eighteen())["people"] * 3})

    assert refusal.value.extra == {"people": 3}


def test_a_body_without_legs_is_refused_as_in_a_photo() -> None:
    numbers = eighteen()
    for joint in (9, 10, 12, 13):
        numbers[3 * joint : 3 * joint + 3] = [0, 0, 0]

    with pytest.raises(subject.IncompleteBody) as refusal:
        formats.openpose(person(numbers))

    assert refusal.value.extra == {"missing": ["knees", "feet"]}
