"""Shared links: alice shows pictures to whoever has the address, until the link ends."""

import io
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib import admin
from django.db import IntegrityError, connection, transaction
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from lumiku import files, keepers
from lumiku.errors import Invalid, NotFound
from lumiku.moderation import Refused
from lumiku.testing import in_threads, order_for, picture
from lumiku.users import closing
from lumiku.users.models import User
from pose_generator import generations, shares, sweeping
from pose_generator.models import Pose, Project, Result, Share, SharedPicture
from pose_generator.tests.deliveries import delivered


@pytest.fixture
def pictures(alice: User, project: Project, pose: Pose) -> list[Result]:
    """Three pictures that alice ordered and has."""
    return delivered(alice, project, pose, 3)


@pytest.fixture
def share(alice: User, pictures: list[Result]) -> Share:
    return shares.place(alice, results=[result.pk for result in pictures], title="Spring")


def shown(share: Share) -> list[UUID]:
    """The pictures that whoever has the address sees."""
    return [each.result_id for each in shares.opened(share.token)[1]]


def first(share: Share) -> SharedPicture:
    return shares.opened(share.token)[1][0]


def is_gone(share: Share) -> bool:
    """Whether neither the page nor one of its pictures opens."""
    with pytest.raises(shares.Ended):
        shares.opened(share.token)
    for each in share.pictures.all():
        with pytest.raises(shares.Ended):
            shares.picture(share.token, each.pk)
    return True


class TestPlacing:
    def test_a_share_shows_the_chosen_pictures_in_the_order_of_choosing(
        self, alice: User, pictures: list[Result]
    ) -> None:
        chosen = [pictures[2].pk, pictures[0].pk, pictures[2].pk]

        share = shares.place(alice, results=chosen, title="Spring", days=30)

        assert shown(share) == [pictures[2].pk, pictures[0].pk]
        assert share.expires_at - share.created_at == pytest.approx(timedelta(days=30), abs=timedelta(minutes=1))
        assert shares.opened(share.token)[0].title == "Spring"

    def test_without_a_word_it_lives_for_a_week(self, share: Share) -> None:
        assert timedelta(days=6.9) < share.expires_at - timezone.now() <= timedelta(days=7)

    def test_no_two_addresses_are_alike_and_each_has_192_random_bits(self, alice: User, pictures: list[Result]) -> None:
        tokens = {shares.place(alice, results=[pictures[0].pk]).token for _ in range(20)}

        assert len(tokens) == 20
        assert {len(token) for token in tokens} == {32}

    def test_of_a_strangers_pictures_and_of_unknown_ones_nothing_is_shared(
        self, bob: User, pictures: list[Result]
    ) -> None:
        for chosen in ([pictures[0].pk], [uuid4()]):
            with pytest.raises(NotFound):
                shares.place(bob, results=chosen)

        assert not Share.objects.exists()

    def test_one_foreign_picture_among_ones_own_shares_none(
        self, alice: User, bob: User, pictures: list[Result], pose: Pose
    ) -> None:
        (other,) = delivered(bob, Project.objects.create(owner=bob, name="B"), pose)

        with pytest.raises(NotFound):
            shares.place(alice, results=[pictures[0].pk, other.pk])

        assert not Share.objects.exists()

    def test_a_picture_that_has_not_come_or_was_discarded_is_not_there(
        self, alice: User, project: Project, pose: Pose, pictures: list[Result]
    ) -> None:
        waiting = generations.place(alice, order_for(project, [pose])).results.get()
        generations.discard(pictures[0].generation)

        for result in (waiting, pictures[0]):
            with pytest.raises(NotFound):
                shares.place(alice, results=[result.pk])

    @pytest.mark.parametrize("days", [0, 2, 365, -1])
    def test_it_lives_as_long_as_is_offered_and_not_otherwise(
        self, alice: User, pictures: list[Result], days: int
    ) -> None:
        with pytest.raises(Invalid):
            shares.place(alice, results=[pictures[0].pk], days=days)

        assert not Share.objects.exists()

    def test_no_picture_and_more_than_a_hundred_are_refused(self, alice: User) -> None:
        for number in (0, 101):
            with pytest.raises(Invalid):
                shares.place(alice, results=[uuid4() for _ in range(number)])

    def test_a_title_is_moderated_as_others_read_it(self, alice: User, pictures: list[Result]) -> None:
        with pytest.raises(Refused):
            shares.place(alice, results=[pictures[0].pk], title="nude woman porn")

        assert not Share.objects.exists()

    def test_a_seller_has_at_most_fifty_open_links(
        self, alice: User, pictures: list[Result], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(shares, "MOST_ALIVE", 2)
        placed = [shares.place(alice, results=[pictures[0].pk]) for _ in range(2)]

        with pytest.raises(shares.TooManyShares):
            shares.place(alice, results=[pictures[0].pk])
        shares.revoke(placed[0])

        assert shares.place(alice, results=[pictures[0].pk])

    def test_the_database_refuses_a_share_that_ends_before_it_began(self, alice: User) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Share.objects.create(owner=alice, expires_at=timezone.now() - timedelta(days=1))


class TestEnding:
    def test_a_revoked_share_is_gone_at_once(self, share: Share) -> None:
        copy = shares.copy(first(share))
        shares.revoke(share)

        assert is_gone(share)
        assert files.exists(copy)  # until the next tidying, and nobody gets at it

    def test_a_share_is_gone_when_its_time_is_up(self, share: Share) -> None:
        Share.objects.filter(pk=share.pk).update(
            created_at=timezone.now() - timedelta(days=7), expires_at=timezone.now() - timedelta(seconds=1)
        )

        assert is_gone(share)

    def test_an_unknown_address_is_the_same_refusal(self, share: Share) -> None:
        with pytest.raises(shares.Ended):
            shares.opened("A" * 32)
        with pytest.raises(shares.Ended):
            shares.picture("A" * 32, first(share).pk)

    def test_another_shares_picture_is_not_at_this_address(
        self, alice: User, share: Share, pictures: list[Result]
    ) -> None:
        other = shares.place(alice, results=[pictures[0].pk])

        with pytest.raises(shares.Ended):
            shares.picture(share.token, first(other).pk)

    def test_pictures_of_a_discarded_order_vanish_and_an_empty_share_is_gone(
        self, alice: User, project: Project, pose: Pose, pictures: list[Result]
    ) -> None:
        (other,) = delivered(alice, project, pose)
        share = shares.place(alice, results=[pictures[0].pk, other.pk])

        generations.discard(pictures[0].generation)
        assert shown(share) == [other.pk]
        generations.discard(other.generation)

        assert is_gone(share)

    def test_closing_the_account_ends_every_share_and_forgets_their_titles(self, alice: User, share: Share) -> None:
        closing.discard(alice.pk)

        share.refresh_from_db()
        assert (share.revoked_at is not None, share.title) == (True, "")
        assert is_gone(share)

    def test_of_an_account_that_was_shut_nothing_is_shown(self, alice: User, share: Share) -> None:
        User.objects.filter(pk=alice.pk).update(is_active=False)

        assert is_gone(share)

    def test_revoking_twice_keeps_the_first_time(self, share: Share) -> None:
        shares.revoke(share)
        ended = Share.objects.get().revoked_at
        shares.revoke(share)

        assert Share.objects.get().revoked_at == ended


SECRET = "a secret prompt, seed 4711"


def with_a_story(kind: str) -> bytes:
    """A picture whose file tells how it was made, as providers write it."""
    image = Image.open(io.BytesIO(picture(64, 80)))
    out = io.BytesIO()
    if kind == "PNG":
        notes = PngInfo()
        notes.add_text("parameters", SECRET)
        notes.add_itxt("lumiku:recipe", SECRET)
        image.save(out, "PNG", pnginfo=notes)
    else:
        exif = Image.Exif()
        exif[0x010E] = SECRET
        image.save(out, kind, exif=exif, **({"comment": SECRET.encode()} if kind == "JPEG" else {}))
    assert SECRET.encode() in out.getvalue()
    return out.getvalue()


class TestCopies:
    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
    def test_what_is_handed_out_does_not_say_how_it_was_made(
        self, share: Share, pictures: list[Result], kind: str
    ) -> None:
        name = files.put(f"results/{pictures[0].pk}/9-9.{kind.lower()}", with_a_story(kind))
        Result.objects.filter(pk=pictures[0].pk).update(image=name)

        data = files.read(shares.copy(first(share))) or b""

        assert Image.open(io.BytesIO(data)).size == (64, 80)
        for word in (b"secret", b"4711", b"parameters", b"recipe", b"Exif", b"xmp"):
            assert word not in data

    def test_a_copy_is_made_once_and_anew_when_the_picture_has_another_background(
        self, share: Share, pictures: list[Result]
    ) -> None:
        before = shares.copy(first(share))
        again = shares.copy(first(share))
        name = files.put(f"results/{pictures[0].pk}/change-1.png", picture(64, 64, seed=9))
        Result.objects.filter(pk=pictures[0].pk).update(output=name)
        after = shares.copy(first(share))

        assert (before == again, before == after) == (True, False)
        assert (files.exists(before), files.exists(after)) == (False, True)
        assert Image.open(io.BytesIO(files.read(after) or b"")).size == (64, 64)

    def test_a_cut_out_stays_cut_out(self, share: Share, pictures: list[Result]) -> None:
        out = io.BytesIO()
        Image.new("RGBA", (64, 64), (200, 30, 30, 0)).save(out, "PNG")
        name = files.put(f"results/{pictures[0].pk}/cut.png", out.getvalue())
        Result.objects.filter(pk=pictures[0].pk).update(output=name, background_mode="transparent")

        copy = shares.copy(first(share))

        assert copy.endswith(".png")
        assert Image.open(io.BytesIO(files.read(copy) or b"")).getpixel((5, 5))[3] == 0  # type: ignore[index]

    def test_a_copy_is_kept_while_the_share_lives_and_deleted_after(self, share: Share) -> None:
        copy = shares.copy(first(share))

        sweeping.tidy()
        assert (keepers.in_use([copy]), files.exists(copy)) == ({copy}, True)
        shares.revoke(share)
        assert keepers.in_use([copy]) == set()
        sweeping.tidy()

        assert not files.exists(copy)
        assert not SharedPicture.objects.exclude(file="").exists()

    def test_a_picture_whose_file_is_gone_is_gone(self, share: Share, pictures: list[Result]) -> None:
        files.delete(pictures[0].image)

        with pytest.raises(shares.Ended):
            shares.copy(first(share))

    def test_a_copy_that_is_made_while_the_share_ends_is_not_kept(self, share: Share, pictures: list[Result]) -> None:
        looked_up = first(share)
        shares.revoke(share)

        with pytest.raises(shares.Ended):
            shares.copy(looked_up)

        assert files.names_in(f"results/{pictures[0].pk}/shared") == []

    @pytest.mark.postgres
    def test_visitors_at_the_same_moment_get_one_copy(self, committing: None, share: Share) -> None:
        looked_up = first(share)

        names = in_threads(
            6, lambda number: shares.copy(SharedPicture.objects.select_related("result").get(pk=looked_up.pk))
        )

        assert len(set(names)) == 1, names
        assert files.names_in(f"results/{looked_up.result_id}/shared") == [names[0]]


class TestLooking:
    def test_views_are_counted_and_nothing_else(self, share: Share) -> None:
        for _ in range(3):
            shares.count_view(share)

        assert Share.objects.get().views == 3

    def test_a_page_of_a_hundred_takes_as_few_queries_as_one_of_three(
        self, share: Share, pictures: list[Result]
    ) -> None:
        with CaptureQueriesContext(connection) as queries:
            _share, shown = shares.opened(share.token)
            assert [each.shown for each in shown] == [result.image for result in pictures]
            assert {each.result.generation.width for each in shown} == {1024}

        assert len(queries) == 2

    def test_the_list_tells_size_and_the_first_pictures_that_are_left(
        self, alice: User, project: Project, pose: Pose, pictures: list[Result]
    ) -> None:
        (other,) = delivered(alice, project, pose)
        share = shares.place(alice, results=[other.pk, *(result.pk for result in pictures)])
        generations.discard(other.generation)

        listed: Any = Share.objects.owned_by(alice).for_display().get()

        assert listed.size == 3
        assert [each.result_id for each in listed.glimpse] == [result.pk for result in pictures]
        assert not Share.objects.ended().exists()
        shares.revoke(share)
        assert Share.objects.ended().count() == 1


def test_operators_see_shares_and_no_address(staff: User, share: Share, client: Any) -> None:
    client.force_login(staff)

    answer = client.get("/admin/pose_generator/share/")
    page = client.get(f"/admin/pose_generator/share/{share.pk}/change/")

    assert (answer.status_code, page.status_code) == (200, 200)
    assert b"Spring" in answer.content
    for body in (answer.content, page.content):
        assert share.token.encode() not in body
    request = RequestFactory().get("/")
    request.user = staff
    registered = admin.site._registry[Share]
    assert not registered.has_add_permission(request)
    assert not registered.has_change_permission(request)
    assert not registered.has_delete_permission(request)
