"""Orders in the studio: watching one, what can be done with it, the list, the receipt."""

import io
import re
import zipfile
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from credits.models import Account
from credits.tests.members import put_on
from lumiku.events import stream
from lumiku.studio import albums
from lumiku.studio.tests.arrivals import arrive, bytes_of
from lumiku.testing import make_pose, order_for
from lumiku.users.models import User
from pose_generator import generations as placing
from pose_generator.models import Generation, Pose, Project, Result, Status


@pytest.fixture
def as_alice(alice: User, client: Client) -> Client:
    """A browser in which alice is logged in."""
    client.force_login(alice)
    return client


@pytest.fixture
def as_bob(bob: User) -> Client:
    client = Client()
    client.force_login(bob)
    return client


@pytest.fixture
def placed(alice: User, project: Project, pose: Pose) -> Generation:
    """An order of three pictures that waits."""
    return placing.place(alice, order_for(project, [pose], variations=3))


@pytest.fixture
def done(placed: Generation) -> Generation:
    """The same when all three have come."""
    return arrive(placed)


@pytest.fixture
def partial(placed: Generation) -> Generation:
    """The same when the second picture failed."""
    return arrive(placed, failing=(1,))


def page(client: Client, name: str, *args: Any, **query: Any) -> str:
    answer = client.get(reverse(f"studio:{name}", args=args), query)
    assert answer.status_code == 200, answer.content[:400]
    return answer.content.decode()


def statuses(text: str) -> list[str]:
    return re.findall(r'data-picture="[^"]+" data-status="(\w+)"', text)


def balance(user: User) -> int:
    return Account.objects.get(user=user).available


# ---- While it runs ---------------------------------------------------------------------------------------------------


def test_alice_sees_a_tile_for_every_picture_that_is_on_its_way(as_alice: Client, placed: Generation) -> None:
    text = page(as_alice, "generation", placed.pk)
    assert statuses(text) == ["pending"] * 3
    assert "<b data-done>0</b> of 3 pictures are here" in text
    assert 'aria-valuenow="0"' in text
    assert "skeleton.png?yaw=0&amp;pitch=0&amp;size=256" in text


def test_the_page_says_from_which_event_on_it_wants_to_hear(as_alice: Client, alice: User, done: Generation) -> None:
    newest = stream.head(alice.pk)
    assert newest > 0
    assert f'data-live="{newest}"' in page(as_alice, "generation", done.pk)


def test_stopping_is_asked_about_with_what_comes_back(as_alice: Client, placed: Generation) -> None:
    text = page(as_alice, "generation", placed.pk)
    assert "up to 90 credits (Rp\u00a09,000)" in text


def test_alice_stops_her_order_and_reads_what_came_back(as_alice: Client, alice: User, placed: Generation) -> None:
    answer = as_alice.post(reverse("studio:cancel", args=[placed.pk]), follow=True)
    assert "90 credits (Rp\u00a09,000) were given back." in answer.content.decode()
    assert balance(alice) == 1000
    assert Generation.objects.get(pk=placed.pk).status == Status.CANCELLED


def test_an_order_that_has_ended_cannot_be_stopped(as_alice: Client, alice: User, done: Generation) -> None:
    answer = as_alice.post(reverse("studio:cancel", args=[done.pk]))
    assert answer.status_code == 409
    assert "This order has ended already." in answer.content.decode()
    assert balance(alice) == 910


def test_the_summary_is_a_fragment_that_brings_the_tiles_when_asked(as_alice: Client, done: Generation) -> None:
    head = page(as_alice, "generation_summary", done.pk)
    assert "<html" not in head and statuses(head) == []
    assert statuses(page(as_alice, "generation_summary", done.pk, tiles=1)) == ["completed"] * 3


@pytest.mark.parametrize("name", ["generation", "generation_summary", "generation_row", "receipt", "zip"])
def test_bob_finds_nothing_where_alices_order_is(as_bob: Client, done: Generation, name: str) -> None:
    assert as_bob.get(reverse(f"studio:{name}", args=[done.pk])).status_code == 404


@pytest.mark.parametrize("name", ["cancel", "retry", "discard_generation"])
def test_bob_changes_nothing_of_alices_order(as_bob: Client, partial: Generation, name: str) -> None:
    assert as_bob.post(reverse(f"studio:{name}", args=[partial.pk])).status_code == 404
    assert Generation.objects.get().discarded_at is None


@pytest.mark.parametrize("name", ["generations", "favorites"])
def test_a_visitor_is_asked_to_log_in_and_comes_back(client: Client, db: None, name: str) -> None:
    address = reverse(f"studio:{name}")
    assert client.get(address).headers["Location"] == f"{reverse('studio:log_in')}?next={address}"


@pytest.mark.parametrize("name", ["cancel", "retry", "discard_generation"])
def test_changes_are_posts(as_alice: Client, done: Generation, name: str) -> None:
    assert as_alice.get(reverse(f"studio:{name}", args=[done.pk])).status_code == 405


# ---- When it has ended -----------------------------------------------------------------------------------------------


def test_a_whole_order_says_that_all_pictures_are_here(as_alice: Client, done: Generation) -> None:
    text = page(as_alice, "generation", done.pk)
    assert "All 3 pictures are here." in text
    assert "Stop the order" not in text and "failed again" not in text


def test_a_failed_picture_says_why_and_that_its_cost_went_back(as_alice: Client, partial: Generation) -> None:
    text = page(as_alice, "generation", partial.pk)
    assert statuses(text) == ["completed", "failed", "completed"]
    assert "A safety filter refused this picture. What it cost was given back." in text
    assert "2 of 3 pictures came. 30 credits (Rp\u00a03,000) were given back." in text


def test_retrying_shows_its_price_first_and_orders_once(as_alice: Client, alice: User, partial: Generation) -> None:
    text = page(as_alice, "generation", partial.pk)
    assert "Try the 1 failed again · 30 credits (Rp\u00a03,000)" in text
    key = re.search(r'name="key" value="([^"]+)"', text)
    assert key
    for _press in range(2):
        answer = as_alice.post(reverse("studio:retry", args=[partial.pk]), {"key": key[1]})
        again = Generation.objects.get(retry_of=partial)
        assert answer.headers["Location"] == reverse("studio:generation", args=[again.pk])
    assert again.total == 1
    assert balance(alice) == 1000 - 60 - 30
    assert reverse("studio:generation", args=[again.pk]) in page(as_alice, "generation", partial.pk)


def test_an_order_without_failures_has_nothing_to_retry(as_alice: Client, done: Generation) -> None:
    assert as_alice.post(reverse("studio:retry", args=[done.pk])).status_code == 409
    assert Generation.objects.count() == 1


def test_alice_deletes_an_order_that_has_ended(as_alice: Client, done: Generation) -> None:
    answer = as_alice.post(reverse("studio:discard_generation", args=[done.pk]), follow=True)
    assert "The order and its pictures are deleted." in answer.content.decode()
    assert as_alice.get(reverse("studio:generation", args=[done.pk])).status_code == 404


def test_an_order_that_runs_is_not_deleted(as_alice: Client, placed: Generation) -> None:
    assert as_alice.post(reverse("studio:discard_generation", args=[placed.pk])).status_code == 409
    assert Generation.objects.get().discarded_at is None


def test_an_order_is_called_by_its_poses(as_alice: Client, alice: User, project: Project) -> None:
    poses = [make_pose(slug) for slug in ("standing", "walking", "sitting")]
    row = placing.place(alice, order_for(project, poses, variations=2))
    assert "<h1>Standing, Walking and 1 more</h1>" in page(as_alice, "generation", row.pk)


def test_an_order_by_words_is_called_by_its_words_and_they_are_only_text(
    as_alice: Client, alice: User, project: Project
) -> None:
    words = "<script>alert(1)</script> a woman at a market"
    row = placing.place(alice, order_for(project, [], kind=Generation.Kind.TEXT, text_prompt=words))
    text = page(as_alice, "generation", row.pk)
    assert "<h1>&lt;script&gt;alert(1)&lt;/script&gt; a woman at a market</h1>" in text


def test_daily_poses_are_told_as_poses_and_not_as_credits(as_alice: Client, alice: User, project: Project) -> None:
    put_on(alice, "unlimited")
    row = placing.place(alice, order_for(project, [make_pose("standing")], variations=2))
    text = page(as_alice, "generation", row.pk)
    assert "2 daily poses" in text
    placing.cancel(row)
    assert "Daily poses given back: 2." in page(as_alice, "generation", row.pk)


def test_the_page_of_many_pictures_takes_as_many_queries_as_that_of_one(
    as_alice: Client, alice: User, project: Project, pose: Pose, django_assert_max_num_queries: Any
) -> None:
    row = placing.place(alice, order_for(project, [pose, make_pose("walking")], variations=10))
    with django_assert_max_num_queries(16):
        assert len(statuses(page(as_alice, "generation", row.pk))) == 20


# ---- Receipt and ZIP -------------------------------------------------------------------------------------------------


def test_the_receipt_has_a_line_for_every_picture_and_its_sums(as_alice: Client, partial: Generation) -> None:
    text = page(as_alice, "receipt", partial.pk)
    assert text.count("<tr>") == 1 + 3
    assert "90 credits · Rp\u00a09,000" in text  # set aside
    assert "60 credits · Rp\u00a06,000" in text  # paid
    assert "30 credits · Rp\u00a03,000" in text  # given back


def test_the_zip_has_the_formats_that_were_asked_for(as_alice: Client, done: Generation) -> None:
    formats = {"formats": ["shopee_product", "instagram_feed"]}
    answer = as_alice.get(reverse("studio:zip", args=[done.pk]), formats)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="spring-{str(done.pk)[:8]}.zip"'
    names = zipfile.ZipFile(io.BytesIO(bytes_of(answer))).namelist()
    assert [name.split("/")[0] for name in names].count("shopee_product") == 3
    assert [name.split("/")[0] for name in names].count("instagram_feed") == 3


def test_a_zip_of_nothing_is_a_sentence(as_alice: Client, placed: Generation) -> None:
    answer = as_alice.get(reverse("studio:zip", args=[placed.pk]))
    assert answer.status_code == 409
    assert "No picture is ready yet." in answer.content.decode()


# ---- The list --------------------------------------------------------------------------------------------------------


def test_alice_without_orders_is_told_how_to_begin(as_alice: Client) -> None:
    assert "No orders yet" in page(as_alice, "generations")


def test_the_list_is_alices_own_newest_first(as_alice: Client, as_bob: Client, placed: Generation, pose: Pose) -> None:
    newer = placing.place(placed.owner, order_for(placed.project, [pose]))
    rows = re.findall(r'data-row="([^"]+)"', page(as_alice, "generations"))
    assert rows == [str(newer.pk), str(placed.pk)]
    assert "data-row" not in page(as_bob, "generations")


def test_chips_count_and_narrow_the_list(as_alice: Client, partial: Generation, pose: Pose) -> None:
    running = placing.place(partial.owner, order_for(partial.project, [pose]))
    text = page(as_alice, "generations", status="running")
    assert re.findall(r'data-row="([^"]+)"', text) == [str(running.pk)]
    assert re.findall(r'class="chip"[^>]*>([^<]+) <small>(\d+)', text) == [
        ("All", "2"),
        ("Running", "1"),
        ("Partly done", "1"),
    ]


@pytest.mark.parametrize(("words", "found"), [("stand", 1), ("pose standing", 1), ("spring", 1), ("winter", 0)])
def test_orders_are_found_by_pose_in_both_languages_and_by_project(
    as_alice: Client, placed: Generation, words: str, found: int
) -> None:
    assert page(as_alice, "generations", search=words).count("data-row=") == found


def test_a_list_of_ten_orders_takes_as_many_queries_as_one(
    as_alice: Client, alice: User, project: Project, pose: Pose, django_assert_max_num_queries: Any
) -> None:
    for _number in range(10):
        placing.place(alice, order_for(project, [pose], variations=2))
    with django_assert_max_num_queries(14):
        assert page(as_alice, "generations").count("data-row=") == 10


def test_odd_queries_show_the_list(as_alice: Client, placed: Generation) -> None:
    for query in ({"page": "x"}, {"page": "99"}, {"status": "odd"}, {"project": "odd"}, {"search": "\0"}):
        assert as_alice.get(reverse("studio:generations"), query).status_code == 200


def test_a_row_is_drawn_anew(as_alice: Client, done: Generation) -> None:
    text = page(as_alice, "generation_row", done.pk)
    assert "<span data-done>3</span> of 3 pictures" in text and "<progress" not in text


# ---- Words -----------------------------------------------------------------------------------------------------------


def row_with(**fields: Any) -> Any:
    counts = {"completed_count": 0, "failed_count": 0, "cancelled_count": 0, "credit_refunded": 0, "total": 3}
    return type("Row", (), {"hold": None, **counts, **fields})


def test_what_came_of_an_order_is_said_in_a_sentence() -> None:
    assert albums.outcome(row_with(status="completed", total=1, completed_count=1)) == "Your picture is here."
    assert albums.outcome(row_with(status="failed", credit_refunded=90, failed_count=3)) == (
        "No picture could be made. 90 credits (Rp\u00a09,000) were given back."
    )
    stopped = row_with(status="cancelled", completed_count=1, cancelled_count=2, credit_refunded=60)
    assert albums.outcome(stopped) == "Stopped: 1 of 3 pictures came. 60 credits (Rp\u00a06,000) were given back."


def test_shapes_have_classes() -> None:
    shapes = [albums.ratio(*size) for size in ((1024, 1024), (896, 1120), (864, 1152), (720, 1280), (1280, 720))]
    assert shapes == ["ratio-1-1", "ratio-4-5", "ratio-3-4", "ratio-9-16", "ratio-16-9"]


def test_neighbours_of_the_first_the_last_and_a_stranger() -> None:
    assert albums.beside([1, 2, 3], 1) == (None, 2)
    assert albums.beside([1, 2, 3], 3) == (2, None)
    assert albums.beside([1, 2, 3], 9) == (None, None)


def test_pages_speak_indonesian(as_alice: Client, done: Generation) -> None:
    with translation.override("id"):
        assert as_alice.get(reverse("studio:generation", args=[done.pk]), HTTP_ACCEPT_LANGUAGE="id").status_code == 200


def test_a_picture_without_a_pose_has_a_number(as_alice: Client, alice: User, project: Project) -> None:
    row = placing.place(alice, order_for(project, [], kind=Generation.Kind.TEXT, text_prompt="zzz qqq"))
    Result.objects.filter(generation=row).update(pose=None)
    assert 'data-name="Picture 1"' in page(as_alice, "generation", row.pk)


def test_the_skeleton_of_a_tile_is_seen_from_the_pictures_camera(
    as_alice: Client, alice: User, project: Project, pose: Pose
) -> None:
    row = placing.place(alice, order_for(project, [pose], cameras=[(42.4, -11.0)]))
    assert f"{pose.pk}/skeleton.png?yaw=40&amp;pitch=-10" in page(as_alice, "generation", row.pk)


def test_the_skeleton_of_a_private_pose_is_a_signed_link(as_alice: Client, alice: User, project: Project) -> None:
    own = make_pose("of-alice", owner=alice, is_public=False, skeleton="poses/of-alice.png")
    row = placing.place(alice, order_for(project, [own]))
    text = page(as_alice, "generation", row.pk)
    assert "/media/poses/of-alice.png?expires=" in text and "skeleton.png?" not in text
