"""The library in the studio: everybody looks, sellers mark and delete; nobody sees what is another's."""

import io
import re
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from lumiku.testing import make_pose, order_for
from lumiku.users.models import User
from pose_generator import generations, private_poses
from pose_generator.models import Category, FavoritePose, Pose, Project
from pose_generator.posing import camera, kinematics

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def names(answer: Any) -> list[str]:
    """Return the names on the cards of a page, in order."""
    assert answer.status_code == 200
    return re.findall(r'class="pose-name"[^>]*>([^<]+)<', answer.content.decode())


def page(client: Client, address: str = "/", **headers: str) -> str:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200
    return str(answer.content.decode())


def openpose(points: Any) -> dict[str, Any]:
    joints = camera.project(points, width=512, height=512)
    return {"people": [{"pose_keypoints_2d": [value for x, y, _, _ in joints for value in (x, y, 1.0)]}]}


@pytest.fixture
def own(alice: User, pose: Pose) -> Pose:
    shape = openpose(kinematics.keypoints({"shoulders": [0, 80, 0]}))
    return private_poses.from_keypoints(alice, shape, format="openpose", name="Alice alone")


# ---- Looking -------------------------------------------------------------------------------------------------------


def test_a_visitor_sees_the_library_and_how_to_start(client: Client, pose: Pose) -> None:
    make_pose("greeting", is_featured=True, thumbnail="library/a-400.webp", preview="library/a.webp")

    shown = page(client)

    assert "Start free" in shown
    assert "Your products on your own model" in shown
    assert ">Standing<" in shown
    assert "pose-heart" not in shown


def test_a_seller_gets_straight_to_the_poses(client: Client, alice: User, pose: Pose) -> None:
    make_pose("greeting", is_featured=True, thumbnail="library/a-400.webp", preview="library/a.webp")
    client.force_login(alice)

    shown = page(client)

    assert "Your products on your own model" not in shown
    assert "pose-heart" in shown


def test_24_poses_come_first_and_the_rest_as_they_are_scrolled_to(client: Client) -> None:
    for number in range(30):
        make_pose(f"pose-{number:02}", display_order=number)

    first, rest = client.get("/"), client.get("/?page=2", headers=HTMX)

    assert names(first) == [f"Pose {number:02}" for number in range(24)]
    assert 'hx-get="?page=2"' in first.content.decode()
    assert names(rest) == [f"Pose {number:02}" for number in range(24, 30)]
    assert "<html" not in rest.content.decode()
    assert "hx-get" not in rest.content.decode()


def test_a_filter_changes_the_poses_and_the_shelves_and_nothing_else(client: Client, pose: Pose) -> None:
    answer = client.get("/?search=stand", headers=HTMX)

    shown = answer.content.decode()
    assert names(answer) == ["Standing"]
    assert 'id="shelves"' in shown
    assert "hx-swap-oob" in shown
    assert "<html" not in shown
    assert "HX-Request" in answer["Vary"]


def test_the_way_back_gets_the_whole_page(client: Client, pose: Pose) -> None:
    shown = page(client, "/?search=stand", **HTMX, **{"HX-History-Restore-Request": "true"})

    assert "<html" in shown
    assert "hx-swap-oob" not in shown


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("search=squat", ["Low Squat"]),
        ("search=jongkok", ["Low Squat"]),
        ("category=editorial", ["Low Squat", "Standing"]),
        ("category=fashion", ["Low Squat", "Standing"]),
        ("category=yoga", ["Tree"]),
        ("difficulty=advanced", ["Tree"]),
        ("difficulty=nonsense", ["Low Squat", "Standing", "Tree"]),
        ("suits=male", ["Standing", "Tree"]),
        ("suits=female", ["Low Squat", "Standing"]),
        ("sort=name", ["Low Squat", "Standing", "Tree"]),
        ("favorites=true&recent=true&mine=true", ["Low Squat", "Standing", "Tree"]),
        ("page=99", ["Low Squat", "Standing", "Tree"]),
        ("search=tree%00", ["Tree"]),
    ],
)
def test_a_visitor_narrows_the_library(client: Client, pose: Pose, query: str, found: list[str]) -> None:
    yoga = Category.objects.create(slug="yoga", name_en="Yoga")
    make_pose("low-squat", name_id="Jongkok", gender_suitability="female")
    make_pose("tree", category=yoga, difficulty="advanced", gender_suitability="male")

    assert sorted(names(client.get(f"/?{query}"))) == found


def test_an_unknown_category_says_so(client: Client, pose: Pose) -> None:
    answer = client.get("/?category=nowhere")

    assert (answer.status_code, "There is no such category." in answer.content.decode()) == (400, True)


def test_shelves_count_what_was_searched_for(client: Client, pose: Pose) -> None:
    Category.objects.create(slug="yoga", name_en="Yoga", display_order=1)
    make_pose("tree", category=Category.objects.get(slug="yoga"))

    shown = page(client, "/?search=tree")

    counts = re.findall(r'id="shelf-(\w+)".*?<small>(\d+)</small>', shown, re.S)
    assert counts == [("all", "1"), ("fashion", "0"), ("yoga", "1")]


def test_a_shelf_keeps_what_was_searched_for_and_starts_at_its_beginning(client: Client, pose: Pose) -> None:
    shown = page(client, "/?search=stand&page=1&category=fashion")

    assert "?search=stand&amp;category=editorial" in shown


def test_what_is_alices_own_is_hers_to_filter_by(
    client: Client, alice: User, own: Pose, project: Project, pose: Pose
) -> None:
    used = make_pose("used")
    FavoritePose.objects.create(user=alice, pose=pose)
    generations.place(alice, order_for(project, [used]))
    client.force_login(alice)

    assert names(client.get("/?mine=true")) == ["Alice alone"]
    assert names(client.get("/?favorites=true")) == ["Standing"]
    assert names(client.get("/?recent=true")) == ["Used"]


def test_nothing_of_alices_is_bobs_or_a_visitors(client: Client, bob: User, own: Pose) -> None:
    as_visitor = (client.get("/?search=alone"), client.get(f"/poses/{own.pk}"))
    client.force_login(bob)
    as_bob = (client.get("/?search=alone"), client.get(f"/poses/{own.pk}"), client.get(f"/poses/{own.pk}/skeleton"))

    assert [names(answer) for answer in (as_visitor[0], as_bob[0])] == [[], []]
    assert [answer.status_code for answer in (as_visitor[1], *as_bob[1:])] == [404, 404, 404]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("search=flying", "No pose for “flying”"),
        ("difficulty=advanced", "No pose fits all of this"),
        ("mine=true", "No poses of your own yet"),
        ("favorites=true", "No favourites here yet"),
        ("recent=true", "Nothing used yet"),
    ],
)
def test_an_empty_result_says_what_to_do(client: Client, alice: User, pose: Pose, query: str, sentence: str) -> None:
    client.force_login(alice)

    assert sentence in page(client, f"/?{query}")


def test_words_that_find_nothing_can_be_wished_for(client: Client, pose: Pose) -> None:
    assert "/wishes?name=flying%20%26%20kite" in page(client, "/?search=flying+%26+kite")


def test_a_page_takes_few_queries_however_many_it_shows(
    client: Client, alice: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(24):
        make_pose(f"pose-{number}", is_premium=number % 2 == 0)
    client.force_login(alice)

    with django_assert_max_num_queries(14):
        shown = client.get("/")
    with django_assert_max_num_queries(18):
        client.get(f"/poses/{Pose.objects.latest('created_at').pk}")

    assert len(names(shown)) == 24


def test_names_follow_the_language(client: Client, pose: Pose) -> None:
    client.cookies["django_language"] = "id"

    assert names(client.get("/")) == ["Pose standing"]


# ---- A pose --------------------------------------------------------------------------------------------------------


def test_a_pose_shows_its_words_its_skeleton_and_poses_like_it(client: Client, pose: Pose) -> None:
    make_pose("nearly", keypoints=kinematics.keypoints({"elbows": 10}).round(4).tolist())

    shown = page(client, f"/poses/{pose.pk}?yaw=45&pitch=10")

    assert "A person in the pose standing." in shown
    assert f"/library/{pose.pk}/skeleton.png?yaw=45&amp;pitch=10&amp;size=512" in shown
    assert '<input type="hidden" name="yaw" value="45"' in shown
    assert names(client.get(f"/poses/{pose.pk}")) == ["Nearly"]


@pytest.mark.parametrize("query", ["yaw=7", "yaw=x", "pitch=90", "yaw=100000"])
def test_a_camera_that_we_do_not_have_is_the_one_in_front(client: Client, pose: Pose, query: str) -> None:
    assert "?yaw=0&amp;pitch=0&amp;" in page(client, f"/poses/{pose.pk}?{query}")


def test_turning_says_what_is_hard_from_there(client: Client, pose: Pose) -> None:
    front = page(client, f"/poses/{pose.pk}?yaw=0", **HTMX)
    behind = page(client, f"/poses/{pose.pk}?yaw=180", **HTMX)

    assert "face is not seen" not in front
    assert "face is not seen" in behind
    assert "<html" not in behind


def test_alice_sees_the_skeleton_of_her_own_pose(client: Client, alice: User, own: Pose) -> None:
    client.force_login(alice)

    answer = client.get(f"/poses/{own.pk}/skeleton?yaw=90&size=512&format=webp")

    assert answer["Content-Type"] == "image/webp"
    assert Image.open(io.BytesIO(answer.content)).size == (512, 512)
    assert "private" in answer["Cache-Control"]
    assert f"/poses/{own.pk}/skeleton" in page(client, f"/poses/{own.pk}")


def test_a_premium_pose_says_that_a_plan_has_it(client: Client, alice: User) -> None:
    premium = make_pose("crown", is_premium=True)
    client.force_login(alice)

    assert "Premium poses come with a plan." in page(client, f"/poses/{premium.pk}")


def test_a_name_with_markup_stays_words(client: Client) -> None:
    evil = make_pose("evil", name_en="</script><script>alert(1)</script>")

    assert "<script>alert" not in page(client, f"/poses/{evil.pk}") + page(client)


# ---- Marking and deleting ------------------------------------------------------------------------------------------


def test_alice_marks_and_unmarks_a_pose(client: Client, alice: User, pose: Pose) -> None:
    client.force_login(alice)
    address = f"/poses/{pose.pk}/favorite"

    marked = client.post(address, {"on": "1"}, headers=HTMX)
    twice = client.post(address, {"on": "1"}, headers=HTMX)
    kept = FavoritePose.objects.filter(user=alice, pose=pose).count()
    unmarked = client.post(address, {"on": ""}, headers=HTMX)

    assert [answer.status_code for answer in (marked, twice, unmarked)] == [200] * 3
    assert 'aria-pressed="true"' in marked.content.decode()
    assert 'aria-pressed="false"' in unmarked.content.decode()
    assert (kept, FavoritePose.objects.count()) == (1, 0)


def test_marking_needs_a_log_in_and_a_pose_that_one_sees(client: Client, bob: User, own: Pose) -> None:
    as_visitor = client.post(f"/poses/{own.pk}/favorite", {"on": "1"})
    client.force_login(bob)
    as_bob = client.post(f"/poses/{own.pk}/favorite", {"on": "1"})

    assert (as_visitor.status_code, as_bob.status_code) == (302, 404)
    assert client.get(f"/poses/{own.pk}/favorite").status_code == 405
    assert not FavoritePose.objects.exists()


def test_alice_deletes_her_own_pose_and_bob_does_not(client: Client, alice: User, bob: User, own: Pose) -> None:
    client.force_login(bob)
    refused = client.post(f"/poses/mine/{own.pk}/discard")
    own.refresh_from_db()
    untouched = own.retired_at
    client.force_login(alice)
    deleted = client.post(f"/poses/mine/{own.pk}/discard", follow=True)
    own.refresh_from_db()

    assert (refused.status_code, untouched) == (404, None)
    assert own.retired_at is not None
    assert deleted.redirect_chain == [("/?mine=true", 302)]
    assert "The pose is deleted." in deleted.content.decode()


def test_the_librarys_poses_are_nobodys_to_delete(client: Client, alice: User, pose: Pose) -> None:
    client.force_login(alice)

    assert client.post(f"/poses/mine/{pose.pk}/discard").status_code == 404
    assert "Delete this pose" not in page(client, f"/poses/{pose.pk}")
