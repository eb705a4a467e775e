"""The wish board in the studio: asking, voting once, and seeing what became of it."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from lumiku.testing import make_pose
from lumiku.users.models import User
from pose_generator import wishes
from pose_generator.models import PoseRequest, Vote

BOARD = "/wishes"


@pytest.fixture
def browser(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def wish(bob: User) -> PoseRequest:
    """A wish of bob's that everybody sees."""
    asked = wishes.ask(bob, title="Holding a tote bag")
    wishes.approve(asked)
    return asked


def titles(browser: Client, query: str = "") -> list[str]:
    return [wish.title for wish in browser.get(f"{BOARD}{query}").context["page"]]


def vote(browser: Client, wish: PoseRequest, wanted: str, **headers: str) -> Any:
    return browser.post(reverse("studio:vote", args=[wish.pk]), {"wanted": wanted}, headers=headers)


def test_visitors_are_asked_to_log_in(client: Client, wish: PoseRequest) -> None:
    assert client.get(BOARD).headers["Location"].startswith("/log-in?next=")
    assert client.get(reverse("studio:alike_wishes")).status_code == 302
    assert vote(client, wish, "1").status_code == 302
    assert Vote.objects.count() == 1


def test_an_empty_board_says_what_to_ask_for(browser: Client) -> None:
    assert "No wishes yet" in browser.get(BOARD).content.decode()


def test_alice_asks_for_a_pose_and_sees_it_among_hers(browser: Client, alice: User) -> None:
    category = make_pose("standing").category

    answer = browser.post(BOARD, {"title": "Jumping high", "description": "Happy", "category": category.slug})

    asked = PoseRequest.objects.get(owner=alice)
    assert answer.headers["Location"] == BOARD
    assert (asked.title, asked.description, asked.category) == ("Jumping high", "Happy", category)
    assert titles(browser, "?show=mine") == ["Jumping high"]
    assert "We are reading it" in browser.get(BOARD).content.decode()


def test_words_that_were_searched_for_stand_in_the_form(browser: Client) -> None:
    page = browser.get(f"{BOARD}?name=tote+%22bag%22").content.decode()

    assert 'value="tote &quot;bag&quot;"' in page
    assert "data-shown" in page


@pytest.mark.parametrize(("title", "description"), [("ab", "too short"), ("cocaine", "a forbidden word")])
def test_a_refused_wish_says_why_and_loses_nothing(browser: Client, title: str, description: str) -> None:
    answer = browser.post(BOARD, {"title": title, "description": description})

    page = answer.content.decode()
    assert answer.status_code == 400
    assert f'value="{title}"' in page and description in page and 'id="title-error"' in page
    assert not PoseRequest.objects.exists()


def test_asking_twice_is_refused(browser: Client) -> None:
    browser.post(BOARD, {"title": "Jumping high"})

    answer = browser.post(BOARD, {"title": "jumping HIGH"})

    assert answer.status_code == 409
    assert "You have asked for this already" in answer.content.decode()


def test_a_vote_counts_once_and_can_be_taken_back(browser: Client, wish: PoseRequest) -> None:
    vote(browser, wish, "1")
    answer = vote(browser, wish, "1", **{"HX-Request": "true"})

    fragment = answer.content.decode()
    assert "<b>2</b>" in fragment and 'aria-pressed="true"' in fragment and "<html" not in fragment
    assert "<b>1</b>" in vote(browser, wish, "0", **{"HX-Request": "true"}).content.decode()
    assert vote(browser, wish, "0").headers["Location"] == BOARD


def test_what_is_decided_takes_no_votes(browser: Client, wish: PoseRequest) -> None:
    wishes.reject(wish, reason="There is one")
    PoseRequest.objects.filter(pk=wish.pk).update(status="approved", reason="")
    wishes.start(wish)
    wishes.complete(wish, pose=make_pose("tote"))

    assert vote(browser, wish, "1").status_code == 409
    page = browser.get(BOARD).content.decode()
    assert reverse("studio:vote", args=[wish.pk]) not in page
    assert reverse("studio:pose", args=[PoseRequest.objects.get().pose_id]) in page


def test_what_waits_is_the_askers_alone(client: Client, alice: User, bob: User) -> None:
    waiting = wishes.ask(alice, title="My secret collection")
    client.force_login(bob)

    assert titles(client) == []
    assert vote(client, waiting, "1").status_code == 404
    assert "secret" not in client.get(reverse("studio:alike_wishes"), {"title": "secret pose"}).content.decode()


def test_a_rejected_wish_tells_its_asker_why(browser: Client, alice: User) -> None:
    wishes.reject(wishes.ask(alice, title="Jumping high"), reason="Look for Leap in Sports.")

    page = browser.get(BOARD).content.decode()
    assert "Look for Leap in Sports." in page and "Not this time" in page


def test_the_board_is_sorted_and_filtered(browser: Client, bob: User, wish: PoseRequest) -> None:
    newer = wishes.ask(bob, title="Unboxing")
    wishes.approve(newer)
    vote(browser, wish, "1")

    assert titles(browser) == ["Holding a tote bag", "Unboxing"]
    assert titles(browser, "?sort=newest") == ["Unboxing", "Holding a tote bag"]
    assert titles(browser, "?show=done") == []
    assert titles(browser, "?show=open&sort=nonsense") == ["Holding a tote bag", "Unboxing"]


def test_what_is_there_already_is_hinted_while_typing(browser: Client, wish: PoseRequest) -> None:
    standing = make_pose("holding-a-bag")

    hint = browser.get(reverse("studio:alike_wishes"), {"title": "holding a bag"}).content.decode()

    assert reverse("studio:pose", args=[standing.pk]) in hint
    assert "Holding a tote bag" in hint
    assert browser.get(reverse("studio:alike_wishes"), {"title": "ab"}).content.decode().strip() == ""


def test_more_wishes_cost_no_more_queries(browser: Client, make_user: Any, django_assert_max_num_queries: Any) -> None:
    for number in range(8):
        asked = wishes.ask(make_user(f"asker{number}"), title=f"Wish number {number}")
        wishes.approve(asked)

    with django_assert_max_num_queries(9):
        assert len(titles(browser)) == 8
