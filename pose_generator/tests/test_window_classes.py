"""Plans start first, and yet nobody waits for ever: what the window promises, whoever comes and however often."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pose_generator import window

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
CUSTOMERS = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=3),
    # in hand, waiting, seconds since the order, priority of the plan
    st.tuples(st.integers(0, 20), st.integers(1, 30), st.integers(0, 300), st.integers(0, 2)),
)


def shares_of(free: int, customers: dict[str, tuple[int, int, int, int]]) -> tuple[dict[str, int], dict[str, int]]:
    """The shares and the classes of customers as CUSTOMERS describes them."""
    waiting = {name: (NOON - timedelta(seconds=age), due) for name, (_, due, age, _) in customers.items()}
    classes = window.ranks(waiting, {name: row[3] for name, row in customers.items()}, NOON)
    return window.share(free, {name: row[0] for name, row in customers.items()}, waiting, classes), classes


def test_a_plan_comes_before_a_free_order_and_an_old_one_counts_as_a_plan() -> None:
    waiting = {"free": (NOON - timedelta(seconds=119), 5), "old": (NOON - timedelta(seconds=120), 5), "plan": (NOON, 5)}

    assert window.ranks(waiting, {"plan": 1}, NOON) == {"free": 0, "old": -1, "plan": -1}


def test_among_free_orders_alone_age_makes_no_class() -> None:
    waiting = {"free": (NOON, 5), "old": (NOON - timedelta(hours=1), 5)}

    assert set(window.ranks(waiting, {}, NOON).values()) == {0}


@given(st.integers(0, 50), CUSTOMERS)
def test_places_are_never_wasted_and_a_class_is_served_before_the_next(
    free: int, customers: dict[str, tuple[int, int, int, int]]
) -> None:
    shares, classes = shares_of(free, customers)

    assert sum(shares.values()) == min(free, sum(due for _, due, _, _ in customers.values()))
    for name, (in_hand, due, _, _) in customers.items():
        got = shares.get(name, 0)
        assert got <= due
        if got == due:
            continue
        for other, number in shares.items():
            assert classes[other] <= classes[name]  # nobody behind was served while somebody before still waits
            if classes[other] == classes[name] and other != name and number:
                assert customers[other][0] + number <= in_hand + got + 1  # and within a class places are level


@given(st.integers(1, 50), CUSTOMERS, st.integers(0, 30))
def test_of_the_old_whoever_has_least_in_hand_gets_a_place_however_many_plans_wait(
    free: int, customers: dict[str, tuple[int, int, int, int]], in_hand: int
) -> None:
    busier = {name: (max(row[0], 1), *row[1:]) for name, row in customers.items()}

    shares, _ = shares_of(free, {**busier, "old": (0, 1, 120, 0)})

    assert shares["old"] == 1


@given(
    st.integers(1, 10),
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 10)), min_size=1, max_size=6),
)
def test_a_free_order_starts_at_the_latest_soon_after_two_minutes_though_plans_never_stop_ordering(
    places: int, plans: list[tuple[int, int]]
) -> None:
    """Each plan customer has always more waiting; pictures take one step of ten seconds."""
    in_hand: dict[str, int] = {}
    for step in range(20):
        now = NOON + timedelta(seconds=10 * step)
        waiting = {f"plan-{number}": (now - timedelta(seconds=age), due) for number, (age, due) in enumerate(plans)}
        waiting["free"] = (NOON, 1)
        classes = window.ranks(waiting, {name: 1 for name in waiting if name != "free"}, now)
        in_hand = window.share(places, {}, waiting, classes)
        if in_hand.get("free"):
            break

    # At 120 s it is in the class of the plans, and older than every order of theirs that still waits.
    assert step <= 12
