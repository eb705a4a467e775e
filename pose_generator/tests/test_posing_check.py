import json

import pytest

from pose_generator.posing import check, library
from pose_generator.posing.library import BadLibrary

TEXT = {"en": "Something", "id": "Sesuatu"}
LOOK = {"display_name": TEXT, "description": TEXT, "icon": "leaf", "color": "#10B981", "display_order": 0}
CATEGORIES = [{"slug": "casual", "parent": None, **LOOK}, {"slug": "everyday", "parent": "casual", **LOOK}]
SELF = {
    "category": "everyday",
    "name": TEXT,
    "description": TEXT,
    "tags": ["calm"],
    "difficulty": "beginner",
    "gender_suitability": "unisex",
    "is_featured": False,
    "is_premium": False,
}
STANDING = {"slug": "standing", "angles": {}}
ARM_UP = {"slug": "arm-up", "angles": {"right_shoulder": [160, 0, 0], "right_elbow": 30}}


@pytest.fixture
def write(tmp_path):
    """Writes a library of one category into a folder; poses by file."""

    def written(**files):
        (tmp_path / "categories.json").write_text(json.dumps({"categories": CATEGORIES}))
        for name, poses in files.items():
            entries = [SELF | pose for pose in poses]
            (tmp_path / f"poses-{name}.json").write_text(json.dumps({"poses": entries}))
        return tmp_path

    return written


def test_a_sound_library_is_loaded(write):
    folder = write(calm=[STANDING, ARM_UP])

    assert [pose.slug for pose in library.load(folder).poses] == ["standing", "arm-up"]


@pytest.mark.parametrize(
    ("pose", "line"),
    [
        ({"angles": {"left_elbow": 172}}, "left_elbow: flexion is 172°, at most 160° is possible"),
        ({"angles": {"spine": [-70, 0, 0], "pelvis": 20}}, "spine: flexion is -70°, at least -45° is possible"),
        ({"angles": {"pelvis": [0, 25, 0]}}, "the weight is 25 cm outside of what carries it"),
        ({"angles": {}, "placement": {"lift": 0.2}}, "floats 20 cm above the ground"),
        (
            {"angles": {}, "placement": {"right_wrist": {"from": "neck", "at": [0, -0.3, 0], "towards": [-1, -1, 0]}}},
            "right forearm goes 11 cm deep into trunk",
        ),
        ({"angles": {"wing": 4}}, "angles/placement: wing: no such joint"),
        ({"angles": {}, "dynamic": "yes"}, "dynamic: 'yes' is not bool"),
        ({"angles": {}, "tags": []}, "tags: needs at least one word"),
    ],
)
def test_a_faulty_pose_is_refused_with_file_pose_and_fault(write, pose, line):
    folder = write(calm=[ARM_UP, {"slug": "odd", **pose}])

    with pytest.raises(BadLibrary) as refusal:
        library.load(folder)

    assert any(told.startswith(f"poses-calm.json: odd: {line}") for told in str(refusal.value).splitlines())


def test_every_fault_of_every_file_is_told_at_once(write):
    folder = write(
        calm=[STANDING, {"slug": "bent", "angles": {"left_elbow": 172, "right_knee": 170}}],
        wild=[{"slug": "nameless", "angles": {}, "name": {"en": "Nobody"}}, {"slug": "winged", "angles": {"wing": 4}}],
    )

    with pytest.raises(BadLibrary) as refusal:
        library.load(folder)

    told = str(refusal.value)
    for named in (
        "bent: left_elbow",
        "bent: right_knee",
        "poses-wild.json: nameless: name",
        "winged: angles/placement",
    ):
        assert named in told


def test_two_poses_that_are_one_are_refused_across_files_and_mirrored(write):
    other_arm = {"left_shoulder": [155, 0, 0], "left_elbow": 34}
    folder = write(calm=[STANDING, ARM_UP], wild=[{"slug": "other-arm-up", "angles": other_arm}])

    with pytest.raises(BadLibrary, match=r"poses-calm\.json: arm-up: 0\.\d° from poses-wild\.json: other-arm-up"):
        library.load(folder)


def test_a_figure_that_only_faces_elsewhere_is_no_new_pose(write):
    folder = write(calm=[STANDING, {"slug": "from-behind", "angles": {"pelvis": [0, 0, 180]}}])

    with pytest.raises(BadLibrary, match=r"standing: 0\.0° from poses-calm\.json: from-behind"):
        library.load(folder)


def test_a_slug_that_is_used_twice_is_refused_with_both_files(write):
    folder = write(calm=[STANDING], wild=[ARM_UP | {"slug": "standing"}])

    with pytest.raises(BadLibrary, match=r"poses-wild\.json: standing: slug: used twice, in poses-calm\.json too"):
        library.load(folder)


def test_a_stride_may_be_off_balance_by_field_and_says_so(write):
    stride = {"slug": "stride", "angles": {"pelvis": [0, 25, 0], "elbows": 100}, "dynamic": True}
    folder = write(calm=[STANDING, stride])

    assert [pose.is_dynamic for pose in library.load(folder).poses] == [False, True]


def test_the_command_prints_every_fault_and_fails(write, capsys):
    folder = write(calm=[STANDING], wild=[{"slug": "odd", "angles": {"left_elbow": 172}}])

    status = check.main(["--folder", str(folder)])

    lines = capsys.readouterr().out.splitlines()
    assert status == 1
    assert lines[0].startswith("poses-wild.json: odd: left_elbow: flexion")
    assert lines[-1] == "2 poses read, 1 faults"


def test_the_command_reports_on_the_asked_files_only(write, capsys):
    folder = write(calm=[STANDING], wild=[{"slug": "odd", "angles": {"left_elbow": 172}}])

    status = check.main(["--folder", str(folder), str(folder / "poses-calm.json")])

    assert status == 0
    assert capsys.readouterr().out == "2 poses read, 0 faults\n"


def test_the_command_tells_when_nothing_can_be_read(write, capsys):
    folder = write(calm=[STANDING])
    (folder / "poses-calm.json").write_text("{")

    assert check.main(["--folder", str(folder)]) == 1
    assert "poses-calm.json: not a JSON object" in capsys.readouterr().out
