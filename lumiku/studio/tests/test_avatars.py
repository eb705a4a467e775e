"""Avatars on the page: alice makes them in three ways, changes and deletes them; bob sees none of them."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from avatars import creation
from avatars.models import Avatar, AvatarVersion
from credits import ledger
from lumiku import glossary
from lumiku.studio import person_words
from lumiku.testing import order_for, picture, work
from lumiku.users.models import User
from pose_generator import generations
from pose_generator.models import Pose, Project

NEW = "/avatars/new"


@pytest.fixture
def seller(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def stranger(bob: User) -> Client:
    client = Client()
    client.force_login(bob)
    return client


@pytest.fixture
def sari(alice: User) -> Avatar:
    return creation.upload(alice, picture(), name="Sari", traits={"gender": "female", "skin_tone": "sawo matang"})


def photo(seed: int = 1) -> SimpleUploadedFile:
    return SimpleUploadedFile("me.png", picture(seed=seed))


def balance(user: User) -> int:
    return ledger.account_of(user).available


def shown(client: Client, path: str, **data: Any) -> str:
    answer = client.get(path, data)
    assert answer.status_code == 200
    return answer.content.decode()


class TestList:
    def test_the_empty_page_teaches_three_ways_and_nineteen_faces(self, seller: Client) -> None:
        page = shown(seller, "/avatars")

        for way in ("photo", "preset", "words"):
            assert f'href="/avatars/new?way={way}"' in page
        assert page.count("way=preset&amp;preset=") == 19

    def test_everybody_has_their_own(self, seller: Client, stranger: Client, sari: Avatar) -> None:
        assert "Sari" in shown(seller, "/avatars")
        assert "Sari" not in shown(stranger, "/avatars")
        for path in (f"/avatars/{sari.pk}", f"/avatars/{sari.pk}/card"):
            assert stranger.get(path).status_code == 404
        for path in (f"/avatars/{sari.pk}", f"/avatars/{sari.pk}/discard"):
            assert stranger.post(path, {"name": "Mine"}).status_code == 404
        assert Avatar.objects.get().name == "Sari"

    def test_nobody_looks_without_logging_in(self, client: Client, sari: Avatar) -> None:
        for path in ("/avatars", NEW, f"/avatars/{sari.pk}", f"/avatars/{sari.pk}/card"):
            assert client.get(path)["Location"].startswith("/log-in")

    def test_more_avatars_take_no_more_queries(self, seller: Client, alice: User, sari: Avatar) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as asked:
                shown(seller, "/avatars")
            return len(asked)

        before = queries()
        for number in range(4):
            creation.generate(alice, name=f"Dewi {number}", traits={"gender": "female"})

        assert queries() == before <= 8

    def test_it_pages(self, seller: Client, alice: User) -> None:
        Avatar.objects.bulk_create(
            Avatar(owner=alice, name=f"Number {number:02}", image="a.png", version=1) for number in range(30)
        )

        assert shown(seller, "/avatars").count("data-avatar=") == 24
        assert shown(seller, "/avatars", page=2).count("data-avatar=") == 6


class TestPhoto:
    def test_a_photo_is_an_avatar_at_once(self, seller: Client, alice: User) -> None:
        before = balance(alice)
        sent = {"way": "photo", "name": " Sari ", "gender": "female", "file": photo(), "eye_color": ""}

        answer = seller.post(NEW, sent)

        made = Avatar.objects.get()
        assert answer["Location"] == f"/avatars/{made.pk}"
        assert (made.name, made.traits, made.source) == ("Sari", {"gender": "female"}, "uploaded")
        assert before - balance(alice) == 2

    def test_a_photo_without_one_clear_face_is_taken_and_said_so(self, seller: Client, sari: Avatar) -> None:
        AvatarVersion.objects.update(faces=0)
        assert "No face was found" in shown(seller, f"/avatars/{sari.pk}")
        AvatarVersion.objects.update(faces=3)
        assert "3 faces were found" in shown(seller, f"/avatars/{sari.pk}")
        AvatarVersion.objects.update(faces=1)
        assert "note warning" not in shown(seller, f"/avatars/{sari.pk}")

    @pytest.mark.parametrize(
        ("sent", "told"),
        [
            ({"name": "Sari"}, 'id="file-error"'),
            ({"file": b"text"}, 'id="name-error"'),
            ({"name": "Sari", "file": b"no picture"}, "not a JPEG"),
            ({"name": "nude woman porn", "file": picture()}, 'id="name-error"'),
        ],
    )
    def test_what_is_wrong_is_said_and_what_was_typed_stays(
        self, seller: Client, alice: User, sent: dict[str, Any], told: str
    ) -> None:
        before = balance(alice)
        typed = {**sent, "way": "photo", "persona_background": "Sells batik in Solo."}
        if "file" in sent:
            typed["file"] = SimpleUploadedFile("me.png", sent["file"])

        answer = seller.post(NEW, typed)

        assert 400 <= answer.status_code < 500
        assert told in answer.content.decode()
        assert "Sells batik in Solo." in answer.content.decode()
        assert (Avatar.objects.count(), balance(alice)) == (0, before)


class TestPainted:
    def test_a_preset_is_painted_and_the_card_fills_in(self, seller: Client, alice: User) -> None:
        before = balance(alice)

        answer = seller.post(NEW, {"way": "preset", "preset_id": "hijabi-student", "name": "Laras", "once": "abc"})

        made = Avatar.objects.get()
        assert answer["Location"] == f"/avatars/{made.pk}"
        assert (made.name, made.source, before - balance(alice)) == ("Laras", "from_preset", 8)
        card = shown(seller, f"/avatars/{made.pk}/card")
        assert 'hx-trigger="lumiku:avatar-update from:document' in card and "skeleton" in card
        assert seller.get(f"/avatars/{made.pk}/card?page").status_code == 204
        work()
        card = shown(seller, f"/avatars/{made.pk}/card")
        assert "hx-trigger" not in card and "<img" in card
        assert seller.get(f"/avatars/{made.pk}/card?page")["HX-Refresh"] == "true"

    def test_words_are_painted(self, seller: Client, alice: User) -> None:
        before = balance(alice)
        typed = {"name": "Dewi", "gender": "female", "skin_tone": "brown", "hair_color": "", "persona_age": "28"}

        seller.post(NEW, {**typed, "way": "words", "persona_personality": "calm, warm", "backend": "preview"})

        made = Avatar.objects.get()
        assert made.traits == {
            "gender": "female",
            "skin_tone": "brown",
            "persona_age": 28,
            "persona_personality": ["calm", "warm"],
        }
        assert (made.portrait.backend, before - balance(alice)) == ("preview", 10)

    @pytest.mark.parametrize("sent", [{"way": "preset", "preset_id": "runner"}, {"way": "words", "name": "Dewi"}])
    def test_pressing_twice_orders_once(self, seller: Client, alice: User, sent: dict[str, str]) -> None:
        before = balance(alice)

        answers = [seller.post(NEW, {**sent, "once": "one-form"}) for _ in range(2)]

        assert Avatar.objects.count() == 1
        assert {answer["Location"] for answer in answers} == {f"/avatars/{Avatar.objects.get().pk}"}
        assert before - balance(alice) in (8, 10)

    def test_without_credits_it_says_how_to_get_more(self, make_user: Any) -> None:
        client = Client()
        client.force_login(make_user("poor", amount=9))

        answer = client.post(NEW, {"way": "words", "name": "Dewi", "style": "batik shirt"})

        assert answer.status_code == 402
        assert 'href="/credits#more"' in answer.content.decode()
        assert 'value="batik shirt"' in answer.content.decode()
        assert not Avatar.objects.exists()

    def test_an_unknown_preset_is_told_and_nothing_is_made(self, seller: Client) -> None:
        assert seller.post(NEW, {"way": "preset", "preset_id": "nobody"}).status_code == 400
        assert not Avatar.objects.exists()

    def test_what_could_not_be_painted_says_why(self, seller: Client, alice: User) -> None:
        made = creation.generate(alice, name="Dewi", traits={"gender": "female"})
        creation.discard(made)  # gives the portrait back
        Avatar.objects.update(discarded_at=None)

        page = shown(seller, f"/avatars/{made.pk}")

        assert "The credits were given back." in page
        assert "Order with this avatar" not in page
        assert "Could not be painted" in shown(seller, "/avatars")

    def test_a_preset_from_the_first_page_is_chosen_already(self, seller: Client) -> None:
        page = shown(seller, NEW, way="preset", preset="runner")

        assert 'value="runner" required checked' in page


class TestOne:
    def test_words_are_changed(self, seller: Client, sari: Avatar) -> None:
        answer = seller.post(f"/avatars/{sari.pk}", {"name": "Sari W", "gender": "female", "skin_tone": "tan"})

        sari.refresh_from_db()
        assert answer["Location"] == f"/avatars/{sari.pk}"
        assert (sari.name, sari.traits, sari.version) == ("Sari W", {"gender": "female", "skin_tone": "tan"}, 1)

    def test_refused_words_stay_to_be_mended(self, seller: Client, sari: Avatar) -> None:
        answer = seller.post(f"/avatars/{sari.pk}", {"name": "Sari", "style": "nude woman porn"})

        assert answer.status_code == 400
        assert 'id="style-error"' in answer.content.decode()
        assert 'value="nude woman porn"' in answer.content.decode()
        assert Avatar.objects.get().traits == sari.traits

    def test_words_that_are_no_swatch_stay_as_they_are(self, seller: Client, sari: Avatar) -> None:
        assert 'value="sawo matang" checked' in shown(seller, f"/avatars/{sari.pk}")

    def test_another_photo_is_another_version_and_keeps_the_words(
        self, seller: Client, alice: User, sari: Avatar
    ) -> None:
        before = balance(alice)

        seller.post(f"/avatars/{sari.pk}", {"photo": "1", "file": photo(seed=2)})

        fresh = Avatar.objects.get()
        assert (fresh.version, fresh.name, fresh.traits, before - balance(alice)) == (2, "Sari", sari.traits, 2)
        assert fresh.image != sari.image
        page = shown(seller, f"/avatars/{sari.pk}")
        assert "Photo 1" in page and "Photo 2" in page

    def test_a_photo_that_is_none_changes_nothing(self, seller: Client, alice: User, sari: Avatar) -> None:
        before = balance(alice)

        answer = seller.post(f"/avatars/{sari.pk}", {"photo": "1", "file": SimpleUploadedFile("x.png", b"nothing")})

        assert answer.status_code == 415
        assert "not a JPEG" in answer.content.decode()
        assert (Avatar.objects.get().version, balance(alice)) == (1, before)

    def test_its_orders_are_listed_and_one_press_begins_another(
        self, seller: Client, alice: User, sari: Avatar, project: Project, pose: Pose
    ) -> None:
        placed = generations.place(alice, order_for(project, [pose], variations=2, avatar=sari))

        page = shown(seller, f"/avatars/{sari.pk}")

        assert f'href="/orders/{placed.pk}"' in page
        assert "0 / 2" in page
        assert 'action="/order/picks"' in page and f'name="avatar" value="{sari.pk}"' in page
        assert "1 order" in shown(seller, "/avatars")

    def test_its_page_takes_few_queries_however_often_it_was_used(
        self, seller: Client, alice: User, sari: Avatar, project: Project, pose: Pose
    ) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as asked:
                shown(seller, f"/avatars/{sari.pk}")
            return len(asked)

        generations.place(alice, order_for(project, [pose], avatar=sari))
        before = queries()
        for _ in range(3):
            generations.place(alice, order_for(project, [pose], avatar=sari))

        assert queries() == before <= 10

    def test_a_deleted_one_is_gone(self, seller: Client, sari: Avatar) -> None:
        answer = seller.post(f"/avatars/{sari.pk}/discard")

        assert answer["Location"] == "/avatars"
        assert seller.get(f"/avatars/{sari.pk}").status_code == 404
        assert Avatar.objects.get().discarded_at is not None


def test_what_is_proposed_in_indonesian_is_understood_by_who_paints() -> None:
    """The glossary knows the suggestions that need words of their own; names of peoples are the same in both."""
    with translation.override("id"):
        for name in ("body_type", "hair_style", "eye_color", "style"):
            for option in person_words.LINES[name][2]:
                said = glossary.english(str(option))
                assert "(" not in said, f"{option}: {said}"
