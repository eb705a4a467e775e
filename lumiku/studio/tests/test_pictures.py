"""Pictures in the studio: kept ones and all of them, one looked at closely, its background, its files."""

import io
import re
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from credits import jobs
from credits.models import Account
from lumiku.studio.tests.arrivals import arrive, bytes_of
from lumiku.testing import make_pose, order_for, picture
from lumiku.users.models import User
from pose_generator import favourites
from pose_generator import generations as placing
from pose_generator.models import BackgroundChange, Generation, Pose, Project, Result, Upload

HTMX: Any = {"HTTP_HX_REQUEST": "true"}


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
def done(alice: User, project: Project, pose: Pose) -> Generation:
    """An order of three pictures that have come."""
    return arrive(placing.place(alice, order_for(project, [pose], variations=3)))


@pytest.fixture
def result(done: Generation) -> Result:
    return done.results.get(number=1)


def page(client: Client, name: str, *args: Any, **query: Any) -> str:
    answer = client.get(reverse(f"studio:{name}", args=args), query)
    assert answer.status_code == 200, answer.content[:400]
    return answer.content.decode()


def post(client: Client, name: str, *args: Any, htmx: bool = False, **fields: Any) -> Any:
    return client.post(reverse(f"studio:{name}", args=args), fields, **(HTMX if htmx else {}))


def shown(text: str) -> list[str]:
    return re.findall(r'data-picture="([^"]+)"', text)


# ---- The lists -------------------------------------------------------------------------------------------------------


def test_alice_without_pictures_is_told_how_to_begin(as_alice: Client) -> None:
    assert "No pictures yet" in page(as_alice, "favorites")


def test_without_kept_pictures_all_are_shown_at_first(as_alice: Client, done: Generation) -> None:
    assert len(shown(page(as_alice, "favorites"))) == 3
    assert "Nothing kept yet" in page(as_alice, "favorites", show="favorites")


def test_kept_pictures_come_first_and_the_heart_says_so(as_alice: Client, result: Result) -> None:
    favourites.keep_result(result)
    text = page(as_alice, "favorites")
    assert shown(text) == [str(result.pk)]
    assert re.search(rf'data-heart="{result.pk}"[^>]+aria-pressed="true"', text)
    assert len(shown(page(as_alice, "favorites", show="all"))) == 3


def test_pictures_that_failed_or_wait_are_not_among_them(as_alice: Client, done: Generation, pose: Pose) -> None:
    placing.place(done.owner, order_for(done.project, [pose]))
    assert len(shown(page(as_alice, "favorites", show="all"))) == 3


def test_bob_sees_none_of_alices_pictures(as_bob: Client, done: Generation) -> None:
    assert shown(page(as_bob, "favorites", show="all")) == []


def test_more_pictures_come_as_one_scrolls(as_alice: Client, done: Generation, monkeypatch: Any) -> None:
    monkeypatch.setattr("lumiku.studio.views.pictures.PAGE", 2)
    first = page(as_alice, "favorites", show="all")
    assert 'hx-get="?show=all&amp;page=2"' in first
    more = as_alice.get(reverse("studio:favorites"), {"show": "all", "page": "2"}, **HTMX).content.decode()
    assert "<html" not in more and "hx-get" not in more
    assert sorted(shown(first) + shown(more)) == sorted(str(row.pk) for row in done.results.all())


def test_odd_pages_are_the_first(as_alice: Client, done: Generation) -> None:
    for number in ("x", "0", "-1", "9" * 30, "²"):
        assert len(shown(page(as_alice, "favorites", show="all", page=number))) == 3


def test_the_list_takes_few_queries(
    as_alice: Client, alice: User, project: Project, pose: Pose, django_assert_max_num_queries: Any
) -> None:
    arrive(placing.place(alice, order_for(project, [pose, make_pose("walking")], variations=5)))
    with django_assert_max_num_queries(10):
        assert len(shown(page(as_alice, "favorites", show="all"))) == 10


# ---- One picture -----------------------------------------------------------------------------------------------------


def test_a_picture_has_a_page_with_its_neighbours(as_alice: Client, done: Generation, result: Result) -> None:
    text = page(as_alice, "picture", result.pk)
    first, last = done.results.get(number=0), done.results.get(number=2)
    assert f'rel="prev" href="{reverse("studio:picture", args=[first.pk])}"' in text
    assert f'rel="next" href="{reverse("studio:picture", args=[last.pk])}"' in text
    assert "2 of 3" in text


def test_the_viewer_shows_the_same_without_the_frame(as_alice: Client, result: Result) -> None:
    text = page(as_alice, "picture_view", result.pk)
    assert "<html" not in text and f'data-viewer="{result.pk}"' in text


def test_prompt_seed_and_licence_stand_under_how_it_was_made(as_alice: Client, result: Result) -> None:
    text = page(as_alice, "picture", result.pk)
    assert f'data-copy="{result.seed}"' in text
    assert f'<dd class="number">{result.seed}</dd>' in text
    assert result.prompt[:20] in text


def test_the_score_comes_with_the_worst_limbs_first(as_alice: Client, result: Result) -> None:
    Result.objects.filter(pk=result.pk).update(pose_score=83, limb_scores={"head": 98, "left_shin": 41})
    text = page(as_alice, "picture", result.pk)
    assert "<b>83 %</b>" in text
    assert text.index("Left shin") < text.index("Head")


def test_a_picture_on_its_way_has_a_page_too(as_alice: Client, alice: User, project: Project, pose: Pose) -> None:
    row = placing.place(alice, order_for(project, [pose]))
    text = page(as_alice, "picture", row.results.get().pk)
    assert "Download" not in text and "skeleton.png" in text


@pytest.mark.parametrize("name", ["picture", "picture_view"])
def test_bob_finds_nothing_where_alices_picture_is(as_bob: Client, result: Result, name: str) -> None:
    assert as_bob.get(reverse(f"studio:{name}", args=[result.pk])).status_code == 404


@pytest.mark.parametrize("name", ["favorite_picture", "background", "export"])
def test_bob_changes_nothing_of_alices_picture(as_bob: Client, result: Result, name: str) -> None:
    fields: Any = {"keep": "1", "background_mode": "original", "format": "original"}
    assert post(as_bob, name, result.pk, **fields).status_code == 404
    assert not favourites.is_kept(Result.objects.get(pk=result.pk))


def test_looking_closely_takes_few_queries(
    as_alice: Client, result: Result, django_assert_max_num_queries: Any
) -> None:
    page(as_alice, "picture_view", result.pk)
    with django_assert_max_num_queries(14):
        page(as_alice, "picture_view", result.pk)


# ---- Hearts ----------------------------------------------------------------------------------------------------------


def test_alice_keeps_a_picture_and_lets_it_go(as_alice: Client, result: Result) -> None:
    for _twice in range(2):
        assert post(as_alice, "favorite_picture", result.pk, htmx=True, keep="1").status_code == 204
    assert favourites.is_kept(Result.objects.get(pk=result.pk))
    assert post(as_alice, "favorite_picture", result.pk, htmx=True, keep="").status_code == 204
    assert not favourites.is_kept(Result.objects.get(pk=result.pk))


def test_without_a_script_the_heart_goes_back_to_the_picture(as_alice: Client, result: Result) -> None:
    answer = post(as_alice, "favorite_picture", result.pk, keep="1")
    assert answer.headers["Location"] == reverse("studio:picture", args=[result.pk])


# ---- Backgrounds -----------------------------------------------------------------------------------------------------


def test_alice_orders_a_colour_and_sees_that_it_is_being_made(as_alice: Client, alice: User, result: Result) -> None:
    answer = post(
        as_alice, "background", result.pk, htmx=True, background_mode="solid_color", background_color="#F3C9C4"
    )
    assert answer.status_code == 204
    change = BackgroundChange.objects.get(result=result)
    assert (change.mode, change.color) == ("solid_color", "#F3C9C4")
    assert Account.objects.get(user=alice).available == 1000 - 90 - 10
    text = page(as_alice, "picture_view", result.pk)
    assert "data-changing" in text and "The new background is being made. It appears here by itself." in text


def test_a_colour_of_ones_own_is_taken_from_the_colour_field(as_alice: Client, result: Result) -> None:
    fields: Any = {"background_mode": "solid_color", "background_color": "own", "own_color": "#123456"}
    assert post(as_alice, "background", result.pk, htmx=True, **fields).status_code == 204
    assert BackgroundChange.objects.get().color == "#123456"


def test_a_picture_of_ones_own_is_uploaded_with_the_form(as_alice: Client, alice: User, result: Result) -> None:
    file = SimpleUploadedFile("room.png", picture(400, 400), "image/png")
    assert (
        post(as_alice, "background", result.pk, htmx=True, background_mode="upload", background_file=file).status_code
        == 204
    )
    change = BackgroundChange.objects.get()
    assert change.upload == Upload.objects.get(owner=alice, purpose="background")


def test_a_background_that_was_made_can_be_compared_and_taken_back(
    as_alice: Client, alice: User, result: Result
) -> None:
    post(as_alice, "background", result.pk, htmx=True, background_mode="solid_color", background_color="#F3C9C4")
    claimed = jobs.start(BackgroundChange, BackgroundChange.objects.get().pk, by="test")
    assert claimed
    jobs.succeed(claimed, output=result.image, thumbnail=result.thumbnail)
    text = page(as_alice, "picture_view", result.pk)
    assert "data-compare" in text and "Back to the original · free" in text
    answer = post(as_alice, "background", result.pk, background_mode="original")
    assert answer.headers["Location"] == reverse("studio:picture", args=[result.pk])
    assert Account.objects.get(user=alice).available == 1000 - 90 - 10
    assert "data-compare" not in page(as_alice, "picture_view", result.pk)


def test_a_background_that_failed_says_so(as_alice: Client, alice: User, result: Result) -> None:
    post(as_alice, "background", result.pk, htmx=True, background_mode="solid_color", background_color="#F3C9C4")
    BackgroundChange.objects.update(status="failed", error_code="background_failed", ended_at=result.ended_at)
    text = page(as_alice, "picture_view", result.pk)
    assert "The background could not be changed. Its price was given back." in text


@pytest.mark.parametrize(
    "fields",
    [{}, {"background_mode": "upload"}, {"background_mode": "solid_color", "background_color": "red"}],
)
def test_a_background_that_is_not_said_is_refused_and_costs_nothing(
    as_alice: Client, alice: User, result: Result, fields: Any
) -> None:
    answer = post(as_alice, "background", result.pk, htmx=True, **fields)
    assert answer.status_code == 400 and answer.headers["HX-Retarget"] == "#toasts"
    assert Account.objects.get(user=alice).available == 910


def test_a_second_change_at_once_is_refused(as_alice: Client, alice: User, result: Result) -> None:
    fields: Any = {"background_mode": "solid_color", "background_color": "#FFFFFF"}
    assert post(as_alice, "background", result.pk, htmx=True, **fields).status_code == 204
    assert post(as_alice, "background", result.pk, htmx=True, **fields).status_code == 409
    assert Account.objects.get(user=alice).available == 900


# ---- Files -----------------------------------------------------------------------------------------------------------


def test_a_format_is_made_and_comes_as_a_file(as_alice: Client, result: Result) -> None:
    answer = post(as_alice, "export", result.pk, format="instagram_story")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="standing-2-instagram_story.jpg"'
    assert Image.open(io.BytesIO(bytes_of(answer))).size == (1080, 1920)
    assert list(Result.objects.get(pk=result.pk).exports) == ["instagram_story"]


def test_a_size_of_ones_own_takes_a_text(as_alice: Client, result: Result) -> None:
    fields: Any = {"width": "640", "height": "320", "type": "webp", "watermark": "Toko Sari"}
    answer = post(as_alice, "export", result.pk, **fields)
    assert Image.open(io.BytesIO(bytes_of(answer))).size == (640, 320)


@pytest.mark.parametrize("fields", [{"format": "odd"}, {}, {"width": "5", "height": "5"}, {"width": "640"}])
def test_files_that_cannot_be_made_are_refused(as_alice: Client, result: Result, fields: Any) -> None:
    assert post(as_alice, "export", result.pk, htmx=True, **fields).status_code == 400
    assert Result.objects.get(pk=result.pk).exports == {}


def test_chosen_pictures_come_as_one_zip(as_alice: Client, done: Generation, pose: Pose, project: Project) -> None:
    other = arrive(placing.place(done.owner, order_for(project, [pose])))
    ids = [str(done.results.get(number=2).pk), str(other.results.get().pk)]
    answer = as_alice.get(reverse("studio:chosen_zip"), {"results": [*ids, "odd"]})
    names = zipfile.ZipFile(io.BytesIO(bytes_of(answer))).namelist()
    assert sorted(names) == ["manifest.csv", "manifest.json", "original/standing-1.png", "original/standing-3.png"]


def test_bob_gets_no_zip_of_alices_pictures(as_bob: Client, result: Result) -> None:
    assert as_bob.get(reverse("studio:chosen_zip"), {"results": [str(result.pk)]}).status_code == 409


def test_more_like_this_leads_to_the_same_pose_and_to_similar_ones(as_alice: Client, result: Result) -> None:
    near = make_pose("nearly-standing")
    text = page(as_alice, "picture", result.pk)
    assert f'name="poses" value="{result.pose_id}"' in text
    assert f'name="poses" value="{near.pk}"' in text
