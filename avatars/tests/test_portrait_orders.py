"""Orders of avatars to be painted: what is refused moves nothing, and nobody orders twice or for another."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from avatars.models import Avatar, Portrait
from avatars.tests.painters import *  # noqa: F403
from avatars.tests.painters import CREATOR, Painter, generate, nothing_moved, purse
from credits import jobs
from lumiku import moderation
from lumiku.testing import client_of, work
from lumiku.users.models import User


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"gender": "robot"}, "gender"),
        ({"haircolor": "black"}, "haircolor"),
        ({"style": "porn actress"}, "style"),
        ({"backend": "nobody"}, "backend"),
        ({"backend": "retoucher"}, "backend"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**31}, "seed"),
        ({"file": "photo.jpg"}, "file"),
    ],
)
def test_a_bad_order_names_its_field_and_moves_nothing(
    as_alice: APIClient, alice: User, painter: Painter, fields: dict[str, Any], field: str
) -> None:
    answer = generate(as_alice, **fields)

    assert (answer.status_code, field in answer.json()["error"]["fields"]) == (400, True)
    assert nothing_moved(alice)


def test_traits_that_are_harmless_apart_are_refused_together(
    as_alice: APIClient, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moderation, "classify", lambda text: "gore" if text.startswith("full-length") else None)

    assert generate(as_alice).status_code == 400
    assert nothing_moved(alice)


def test_without_credits_nothing_is_written(make_user: Any) -> None:
    poor = make_user("poor", amount=9)

    answer = generate(client_of(poor))

    assert (answer.status_code, answer.json()["error"]["code"]) == (402, "insufficient_credits")
    assert not Avatar.objects.exists()
    assert purse(poor) == (9, 0)


def test_the_same_key_orders_one_avatar(as_alice: APIClient, alice: User) -> None:
    first, second = (generate(as_alice, key="once") for _ in range(2))
    other = generate(as_alice, key="once", name="Dewi")

    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_conflict")
    assert (Avatar.objects.count(), purse(alice)) == (1, (990, 10))


def test_only_so_many_avatars_are_painted_for_one_at_once(as_alice: APIClient, settings: Any) -> None:
    settings.LIMITS = {**settings.LIMITS, "changes_in_flight": 1}
    first = generate(as_alice)
    second = generate(as_alice)

    assert (first.status_code, second.status_code, second.json()["error"]["code"]) == (202, 429, "rate_limited")
    assert second.headers["Retry-After"] == "10"
    work()
    assert generate(as_alice).status_code == 202


def test_a_strangers_avatar_is_404_before_and_after_it_is_painted(as_alice: APIClient, as_bob: APIClient) -> None:
    pk = generate(as_alice).json()["avatar"]["id"]
    waiting = [as_bob.get(f"{CREATOR}/avatars/{pk}").status_code, as_bob.delete(f"{CREATOR}/avatars/{pk}").status_code]
    work()

    assert waiting == [404, 404]
    assert as_bob.get(f"{CREATOR}/avatars/{pk}").status_code == 404
    assert Avatar.objects.get().status == "completed"


def test_what_is_being_painted_says_so_in_a_list_of_few_queries(
    as_alice: APIClient, django_assert_max_num_queries: Any
) -> None:
    for _ in range(3):
        generate(as_alice)
    jobs.start(Portrait, Avatar.objects.order_by("created_at")[0].pk, by="a worker")

    with django_assert_max_num_queries(4):
        listed = as_alice.get(f"{CREATOR}/avatars").json()["avatars"]

    assert [avatar["status"] for avatar in listed] == ["pending", "pending", "processing"]
