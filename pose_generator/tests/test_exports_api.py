"""Exports over REST: ordered with the pictures, asked for later, with sizes and marks of a seller's own."""

import io
from typing import Any

import pytest
from PIL import Image
from rest_framework.test import APIClient

from lumiku import files
from lumiku.testing import API, events_of, make_pose, order_for, picture, sums_match, work
from lumiku.users.models import User
from pose_generator import exporting, exports, generations, recipes, settlement
from pose_generator.models import Generation, Pose, Project, Result, Upload


@pytest.fixture
def body(project: Project, pose: Pose) -> dict[str, Any]:
    return {
        "projectId": str(project.pk),
        "generationType": "GALLERY_REFERENCE",
        "selectedPoseIds": [str(pose.pk)],
        "batchSize": 1,
    }


@pytest.fixture
def done(alice: User, project: Project, pose: Pose) -> Result:
    """A picture of alice's that has come, without any export."""
    generations.place(alice, order_for(project, [pose]))
    work()
    return Result.objects.get()


def stored(name: str) -> Image.Image:
    return Image.open(io.BytesIO(files.read(name) or b""))


def export(client: APIClient, result: Result, **asked: Any) -> Any:
    return client.post(f"{API}/poses/{result.pk}/regenerate-export", asked)


def behind(link: str) -> Image.Image:
    """The picture that a link of ours shows."""
    return stored(files.name_in(link) or "")


def test_the_registry_is_shown_with_its_sets(as_alice: APIClient, db: None) -> None:
    formats = as_alice.get(f"{API}/export-formats").json()["formats"]

    assert [each["name"] for each in formats] == list(exports.FORMATS)
    story = next(each for each in formats if each["name"] == "instagram_story")
    assert story == {
        "name": "instagram_story",
        "label": "Instagram story",
        "width": 1080,
        "height": 1920,
        "type": "jpeg",
        "sets": ["social_media", "all"],
    }


@pytest.mark.parametrize("field", ["exportFormats", "outputFormats"])
def test_formats_that_were_ordered_come_with_the_picture_and_cost_nothing(
    as_alice: APIClient, body: dict[str, Any], field: str
) -> None:
    placed = as_alice.post(f"{API}/generate", {**body, field: ["ecommerce", "instagram_feed", "shopee_product"]})
    work()

    shown = as_alice.get(f"{API}/generations/{placed.json()['generationId']}").json()["generation"]

    names = ["instagram_feed", "shopee_product", "tokopedia_product", "lazada_product"]
    assert placed.json()["creditCharged"] == 30
    assert shown["exportFormats"] == names
    links = shown["poses"][0]["exportFormats"]
    assert set(links) == set(names)
    assert {name: behind(link).size for name, link in links.items()} == {
        "instagram_feed": (1080, 1080),
        "shopee_product": (1000, 1000),
        "tokopedia_product": (1200, 1200),
        "lazada_product": (1000, 1000),
    }
    assert files.name_in(links["shopee_product"]) == files.name_in(links["lazada_product"])  # made once
    receipt = as_alice.get(f"{API}/generations/{shown['id']}/receipt").json()
    assert (receipt["exportFormats"], receipt["captured"]) == (names, 30)
    sums_match()


def test_the_bytes_of_a_picture_are_those_of_all_its_files(alice: User, project: Project, pose: Pose) -> None:
    order = order_for(project, [pose], export_formats=["shopee_product", "lazada_product", "original"])
    generations.place(alice, order)
    work()

    result = Result.objects.get()
    names = {*files.names_in(f"results/{result.pk}")}
    assert result.bytes == sum(len(files.read(name) or b"") for name in names)
    assert set(result.exports.values()) < names


def test_an_unknown_format_is_a_400_that_names_it_and_nothing_is_ordered(
    as_alice: APIClient, body: dict[str, Any]
) -> None:
    for field in ("exportFormats", "outputFormats"):
        answer = as_alice.post(f"{API}/generate", {**body, field: ["original", "myspace", "all"]})

        assert answer.status_code == 400
        assert "myspace" in answer.json()["error"]["fields"][field][0]
        assert "original" not in answer.json()["error"]["fields"][field][0]
    both = as_alice.post(f"{API}/generate", {**body, "exportFormats": ["all"], "outputFormats": ["print"]})
    assert list(both.json()["error"]["fields"]) == ["outputFormats"]
    assert not Generation.objects.exists()


def test_a_retry_makes_the_same_formats(alice: User, project: Project, pose: Pose) -> None:
    first = generations.place(alice, order_for(project, [pose], export_formats=["instagram_feed"]))
    claimed = settlement.start(Result.objects.get().pk, by="test")
    assert claimed
    settlement.fail(claimed, "busy")

    again = generations.retry(alice, first)
    work()

    assert again.export_formats == ["instagram_feed"]
    assert list(again.results.get().exports) == ["instagram_feed"]


def test_an_export_that_fails_costs_nobody_the_picture(
    alice: User, as_alice: APIClient, project: Project, pose: Pose, monkeypatch: pytest.MonkeyPatch
) -> None:
    render, broken = exports.render, {"instagram_story"}

    def rendering(source: Any, wanted: Any, **more: Any) -> Any:
        if wanted.name in broken:
            raise OSError("the encoder is broken")
        return render(source, wanted, **more)

    monkeypatch.setattr(exports, "render", rendering)
    generations.place(alice, order_for(project, [pose], export_formats=["instagram_feed", "instagram_story"]))
    work()

    result = Result.objects.get()
    assert (result.status, list(result.exports)) == ("completed", ["instagram_feed"])
    broken.clear()
    assert export(as_alice, result, format="instagram_story").status_code == 200


def test_an_export_is_made_when_asked_for_and_only_once(as_alice: APIClient, alice: User, done: Result) -> None:
    before = done.bytes
    first = export(as_alice, done, format="instagram_story")
    done.refresh_from_db()
    written = files.names_in(f"results/{done.pk}")
    again = export(as_alice, done, format="instagram_story")

    assert (first.status_code, first.json()["format"]) == (200, "instagram_story")
    assert behind(first.json()["exportUrl"]).size == (1080, 1920)
    assert files.name_in(again.json()["exportUrl"]) == done.exports["instagram_story"]
    assert files.names_in(f"results/{done.pk}") == written
    grown = done.bytes
    done.refresh_from_db()
    assert done.bytes == grown == before + len(files.read(done.exports["instagram_story"]) or b"")
    news = [event for event in events_of(alice) if event.name == "pose-update"]
    assert len(news) == 1
    assert list(news[0].data["pose"]["export_formats"]) == ["instagram_story"]


def test_formats_with_the_same_bytes_share_a_file(as_alice: APIClient, done: Result) -> None:
    links = [export(as_alice, done, format=name).json()["exportUrl"] for name in ("instagram_story", "tiktok")]

    done.refresh_from_db()
    assert files.name_in(links[0]) == files.name_in(links[1])
    assert set(done.exports) == {"instagram_story", "tiktok"}


def test_a_size_of_ones_own_comes_as_asked(as_alice: APIClient, done: Result) -> None:
    sizes = {"jpeg": (64, 4096), "png": (500, 300), "webp": (640, 480), "avif": (320, 640)}

    for kind, (width, height) in sizes.items():
        custom = {"width": width, "height": height, "type": kind, "quality": 80}
        answer = export(as_alice, done, custom=custom)
        made = behind(answer.json()["exportUrl"])

        assert (made.size, made.format) == ((width, height), kind.upper())
        assert answer.json()["format"] == f"custom_{width}x{height}_{kind}_80"


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "format"),
    "both": ({"format": "tiktok", "custom": {"width": 100, "height": 100}}, "format"),
    "an unknown format": ({"format": "myspace"}, "format"),
    "a set": ({"format": "all"}, "format"),
    "too small": ({"custom": {"width": 63, "height": 100}}, "custom"),
    "too large": ({"custom": {"width": 100, "height": 4097}}, "custom"),
    "an unknown type": ({"custom": {"width": 100, "height": 100, "type": "gif"}}, "custom"),
    "a misspelled field": ({"format": "tiktok", "colour": 1}, "colour"),
    "a mark on the original": ({"format": "original", "watermark": {"text": "Toko"}}, "watermark"),
    "a mark of nothing": ({"format": "tiktok", "watermark": {"position": "center"}}, "watermark"),
    "a mark nowhere": ({"format": "tiktok", "watermark": {"text": "Toko", "position": "left"}}, "watermark"),
    "an invisible mark": ({"format": "tiktok", "watermark": {"text": "Toko", "opacity": 0}}, "watermark"),
    "a mark that cannot be drawn": ({"format": "tiktok", "watermark": {"text": "店"}}, "watermark"),
    "a forbidden mark": ({"format": "tiktok", "watermark": {"text": "nude woman"}}, "watermark"),
    "a logo from elsewhere": ({"format": "tiktok", "watermark": {"logo": "http://10.0.0.1/x.png"}}, "watermark"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_wish_is_a_400_that_names_its_field_and_writes_nothing(
    as_alice: APIClient, done: Result, case: str
) -> None:
    asked, field = BAD[case]

    answer = export(as_alice, done, **asked)

    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, [field]), answer.json()
    done.refresh_from_db()
    assert done.exports == {}


def test_a_mark_is_on_the_export_and_not_on_the_plain_one(as_alice: APIClient, alice: User, done: Result) -> None:
    file = files.put(f"uploads/{alice.pk}/logo.png", picture(300, 300))
    Upload.objects.create(owner=alice, purpose="logo", file=file, width=300, height=300)
    marks = [{"text": "Toko Sari"}, {"text": "Toko Sari", "position": "center"}, {"logo": files.url(file)}]

    plain = behind(export(as_alice, done, format="instagram_feed").json()["exportUrl"])
    links = [export(as_alice, done, format="instagram_feed", watermark=mark).json()["exportUrl"] for mark in marks]

    assert len({plain.tobytes(), *(behind(link).tobytes() for link in links)}) == 4
    repeated = export(as_alice, done, format="instagram_feed", watermark=marks[1]).json()["exportUrl"]
    assert files.name_in(repeated) == files.name_in(links[1])


def test_a_strangers_logo_is_as_unknown_as_any(as_alice: APIClient, bob: User, done: Result) -> None:
    file = files.put(f"uploads/{bob.pk}/logo.png", picture(300, 300))
    Upload.objects.create(owner=bob, purpose="logo", file=file, width=300, height=300)

    for link in (files.url(file), f"/media/uploads/{bob.pk}/none.png"):
        assert export(as_alice, done, format="tiktok", watermark={"logo": link}).status_code == 404


def test_bob_cannot_export_alices_picture(as_bob: APIClient, done: Result) -> None:
    assert export(as_bob, done, format="tiktok").status_code == 404
    done.refresh_from_db()
    assert done.exports == {}


def test_a_picture_that_has_not_come_is_a_409(as_alice: APIClient, alice: User, project: Project, pose: Pose) -> None:
    generations.place(alice, order_for(project, [pose]))

    answer = export(as_alice, Result.objects.get(), format="tiktok")

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "wrong_state")


def test_many_exports_in_a_minute_are_a_429_but_known_ones_are_free(
    as_alice: APIClient, done: Result, settings: Any
) -> None:
    settings.LIMITS = {**settings.LIMITS, "exports_per_minute": 1}
    first = export(as_alice, done, format="instagram_feed")

    refused = export(as_alice, done, format="instagram_story")

    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limited")
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert export(as_alice, done, format="instagram_feed").json() == first.json()


def test_a_full_storage_takes_no_more_exports(as_alice: APIClient, done: Result, settings: Any) -> None:
    settings.STORAGE_LIMIT = 1

    assert export(as_alice, done, format="tiktok").status_code == 507


def test_an_export_of_a_picture_that_was_changed_meanwhile_is_not_kept(
    as_alice: APIClient, done: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    render = exports.render

    def rendering(*said: Any, **more: Any) -> Any:
        Result.objects.update(output=f"results/{done.pk}/change-1.png", exports={})
        return render(*said, **more)

    monkeypatch.setattr(exports, "render", rendering)
    before = files.names_in(f"results/{done.pk}")

    answer = export(as_alice, done, format="tiktok")

    done.refresh_from_db()
    assert (answer.status_code, done.exports) == (409, {})
    assert files.names_in(f"results/{done.pk}") == before


def test_of_two_who_make_the_same_at_once_one_file_stays(done: Result) -> None:
    twins = [Result.objects.get(pk=done.pk) for _ in range(2)]

    names = [exporting.on_demand(twin, exports.FORMATS["tiktok"]) for twin in twins]

    done.refresh_from_db()
    assert names[0] == names[1] == done.exports["tiktok"]
    assert files.names_in(f"results/{done.pk}/exports") == [names[0]]
    assert done.bytes == sum(len(files.read(name) or b"") for name in files.names_in(f"results/{done.pk}"))


def test_every_export_says_how_it_was_made(as_alice: APIClient, alice: User, project: Project) -> None:
    pose = make_pose("catwalk", version=3)
    names = ["instagram_feed", "shopee_product", "original"]
    order = order_for(project, [pose], export_formats=names, text_prompt="red batik dress", cameras=[(30.0, 0.0)])
    generations.place(alice, order)
    work()

    result = Result.objects.get()
    custom = export(as_alice, result, custom={"width": 300, "height": 300, "type": "webp"}).json()["exportUrl"]
    made = [*result.exports.values(), files.name_in(custom)]
    found = [recipes.found_in(files.read(name) or b"") for name in made]

    assert len(found) == 4
    assert len(set(found)) == 1
    recipe = found[0]
    assert (recipe.pose, recipe.pose_version, recipe.words) == (str(pose.pk), "catwalk@3", "red batik dress")
    assert (recipe.seed, recipe.backend, recipe.prompt) == (result.seed, "preview", result.prompt)
    assert (recipe.yaw, recipe.aspect_ratio, recipe.score) == (30.0, "1:1", result.pose_score)
