"""Shared links on the page: alice makes and ends them, whoever has the address sees pictures and nothing else."""

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from lumiku import files
from lumiku.users.models import User
from pose_generator import generations, shares
from pose_generator.models import Pose, Project, Result, Share
from pose_generator.tests.deliveries import delivered


@pytest.fixture
def pictures(alice: User, project: Project, pose: Pose) -> list[Result]:
    return delivered(alice, project, pose, 3)


@pytest.fixture
def share(alice: User, pictures: list[Result]) -> Share:
    return shares.place(alice, results=[result.pk for result in pictures], title="Lebaran <b>2027</b>")


@pytest.fixture
def seller(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def address(share: Share) -> str:
    return reverse("studio:shared", args=[share.token])


def pages_of(share: Share) -> list[str]:
    """The page, and a picture in both sizes."""
    picture = reverse("studio:shared_picture", args=[share.token, share.pictures.order_by("number")[0].pk])
    return [address(share), picture, f"{picture}?small", f"{picture}?save"]


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


class TestMaking:
    def test_chosen_pictures_are_asked_about_and_then_shared(self, seller: Client, pictures: list[Result]) -> None:
        chosen = [str(pictures[1].pk), str(pictures[0].pk)]

        form = seller.post(reverse("studio:new_share"), {"results": chosen})
        assert (form.status_code, Share.objects.count()) == (200, 0)
        assert [form.content.count(pk.encode()) for pk in chosen] == [2, 2]  # the picture's file and the field
        answer = seller.post(reverse("studio:new_share"), {"results": chosen, "title": " Lebaran ", "days": "30"})

        share = Share.objects.get()
        assert (answer.status_code, answer["Location"]) == (302, f"/shares?new={share.pk}")
        assert share.title == "Lebaran"
        assert [each.result_id for each in share.pictures.order_by("number")] == [pictures[1].pk, pictures[0].pk]
        assert share.expires_at - timezone.now() > timedelta(days=29)
        assert f"http://testserver/s/{share.token}" in seller.get(answer["Location"]).content.decode()

    def test_a_refused_title_is_told_beside_its_field_and_nothing_is_lost(
        self, seller: Client, pictures: list[Result]
    ) -> None:
        given = {"results": [str(pictures[0].pk)], "title": "nude woman porn", "days": "90"}

        answer = seller.post(reverse("studio:new_share"), given)

        assert answer.status_code == 400
        assert 'value="nude woman porn"' in answer.content.decode()
        assert 'id="title-error"' in answer.content.decode()
        assert re.search(r'value="90" checked', answer.content.decode())
        assert not Share.objects.exists()

    def test_a_strangers_pictures_are_not_there(self, bob: User, pictures: list[Result]) -> None:
        client = Client()
        client.force_login(bob)

        for days in ({}, {"days": "7"}):
            answer = client.post(reverse("studio:new_share"), {"results": [str(pictures[0].pk)], **days})
            assert answer.status_code == 404
        assert not Share.objects.exists()

    @pytest.mark.parametrize("chosen", [[], ["nonsense"]])
    def test_nothing_chosen_is_told_and_no_bug(self, seller: Client, chosen: list[str]) -> None:
        assert seller.post(reverse("studio:new_share"), {"results": chosen}).status_code == 400

    def test_only_who_is_logged_in_shares(self, client: Client, share: Share) -> None:
        for path in ("/shares", "/shares/new", reverse("studio:revoke_share", args=[share.pk])):
            assert client.post(path)["Location"].startswith("/log-in")
        assert Share.objects.get().revoked_at is None


class TestList:
    def test_it_shows_what_lives_and_what_has_ended(
        self, seller: Client, alice: User, pictures: list[Result], share: Share
    ) -> None:
        ended = shares.place(alice, results=[pictures[0].pk], title="Old one")
        shares.revoke(ended)

        shown = seller.get("/shares").content.decode()

        assert "Lebaran &lt;b&gt;2027&lt;/b&gt;" in shown
        assert f'data-copy="http://testserver/s/{share.token}"' in shown
        assert "Old one" in shown and ended.token not in shown

    def test_an_empty_list_teaches(self, seller: Client) -> None:
        assert "Nothing is shared at the moment" in seller.get("/shares").content.decode()

    def test_more_links_take_no_more_queries(self, seller: Client, alice: User, pictures: list[Result]) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as asked:
                assert seller.get("/shares").status_code == 200
            return len(asked)

        shares.place(alice, results=[pictures[0].pk])
        before = queries()
        for _ in range(5):
            shares.revoke(shares.place(alice, results=[pictures[0].pk]))
            shares.place(alice, results=[result.pk for result in pictures])

        assert queries() <= before + 1  # the ended ones' glimpses
        assert before <= 10

    def test_a_link_is_ended_with_one_press_by_its_owner_alone(self, seller: Client, bob: User, share: Share) -> None:
        stranger = Client()
        stranger.force_login(bob)
        end = reverse("studio:revoke_share", args=[share.pk])

        assert stranger.post(end).status_code == 404
        assert Share.objects.get().revoked_at is None
        assert seller.get(end).status_code == 405
        assert seller.post(end)["Location"] == "/shares"
        assert Share.objects.get().revoked_at is not None


class TestPublicPage:
    def test_it_shows_title_and_pictures_and_nobody(
        self, client: Client, alice: User, share: Share, pictures: list[Result]
    ) -> None:
        User.objects.filter(pk=alice.pk).update(name="Alice Wijaya")

        shown = client.get(address(share)).content.decode()

        assert "Lebaran &lt;b&gt;2027&lt;/b&gt;" in shown
        assert shown.count("data-picture") == 3
        for private in (
            "alice",
            "Alice",
            "Wijaya",
            str(alice.pk),
            "Spring",
            "/media/",
            "/log-in",
            "/orders",
            "csrf",
            *(str(result.pk) for result in pictures),
            *(str(result.generation_id) for result in pictures),
            *(result.prompt for result in pictures),
            pictures[0].pose.name if pictures[0].pose else "",
        ):
            assert private not in shown, private

    def test_every_answer_is_kept_by_nobody_and_tells_nobody(self, client: Client, share: Share) -> None:
        for path in pages_of(share):
            answer = client.get(path)
            assert answer.status_code == 200
            assert answer["X-Robots-Tag"] == "noindex, nofollow"
            assert answer["Referrer-Policy"] == "no-referrer"
            assert answer["Cache-Control"] == "private, no-store"
            assert answer["X-Content-Type-Options"] == "nosniff"
            assert "unsafe" not in answer["Content-Security-Policy"]
        assert 'name="robots" content="noindex, nofollow"' in client.get(address(share)).content.decode()

    def test_revoked_expired_and_unknown_are_the_same_page(
        self, client: Client, alice: User, pictures: list[Result], share: Share
    ) -> None:
        revoked = shares.place(alice, results=[pictures[0].pk])
        shares.revoke(revoked)
        paths = [*pages_of(revoked), *pages_of(share), f"/s/{'A' * 32}"]
        Share.objects.filter(pk=share.pk).update(
            created_at=timezone.now() - timedelta(days=9), expires_at=timezone.now() - timedelta(days=2)
        )

        answers = [client.get(path) for path in paths]

        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1
        assert {answer["X-Robots-Tag"] for answer in answers} == {"noindex, nofollow"}
        assert {answer["Cache-Control"] for answer in answers} == {"private, no-store"}
        assert b"This link has ended" in answers[0].content

    def test_a_picture_is_sent_without_its_story(self, client: Client, share: Share, pictures: list[Result]) -> None:
        _page, large, small, save = pages_of(share)

        sent = client.get(large)
        data = body(sent)

        assert sent["Content-Type"] == "image/jpeg"
        assert Image.open(io.BytesIO(data)).size == (60, 60)
        assert data != files.read(pictures[0].image)
        assert Image.open(io.BytesIO(body(client.get(small)))).size == (30, 30)
        assert client.get(save)["Content-Disposition"] == 'attachment; filename="lebaran-b2027b-01.jpg"'
        for word in (str(pictures[0].pk).encode(), pictures[0].prompt.encode(), b"seed", b"lumiku:recipe"):
            assert word not in data

    def test_pictures_of_a_discarded_order_are_gone(self, client: Client, share: Share, pictures: list[Result]) -> None:
        paths = pages_of(share)
        generations.discard(pictures[0].generation)

        assert {client.get(path).status_code for path in paths} == {404}

    def test_visits_are_counted_but_not_the_owners_nor_those_of_programs(
        self, client: Client, seller: Client, share: Share
    ) -> None:
        client.get(address(share))
        client.get(address(share))
        seller.get(address(share))
        client.head(address(share))
        client.get(address(share), headers={"user-agent": "WhatsApp/2.23"})
        client.get(address(share), headers={"sec-purpose": "prefetch"})

        assert Share.objects.get().views == 2

    def test_a_page_and_a_picture_are_cheap_for_visitors(self, client: Client, share: Share) -> None:
        page, large, small, _save = pages_of(share)
        client.get(large)

        asked = []
        for path in (page, large, small):
            with CaptureQueriesContext(connection) as queries:
                client.get(path)
            asked.append(len(queries))

        assert asked == [3, 1, 1]  # share, pictures, the count; one row each

    def test_it_speaks_the_visitors_language(self, client: Client, share: Share) -> None:
        answer = client.get(address(share), headers={"accept-language": "id"})

        assert '<html lang="id"' in answer.content.decode()

    def test_it_takes_nothing_but_looking(self, client: Client, share: Share) -> None:
        for path in pages_of(share):
            assert client.post(path).status_code == 405
