"""Real content for looking at every page: a seller with orders, people, wishes and links, and a newcomer with nothing.

`make` runs in our process and asks the stack; `print_made` is what the stack's own process does for it.
"""

import json
import time
from dataclasses import dataclass
from typing import Any

from lumiku.management.stack import Stack
from lumiku.studio.tests.browser import accounts
from lumiku.studio.tests.browser.accounts import Seller

VISITOR, SELLER, NEWCOMER = "visitor", "seller", "newcomer"
#: Runs if any page takes what people write for its own.
HOSTILE = "<script>hit=1</script><img src=x onerror=hit=1>"
WISHES = {
    "Riding a scooter with a parcel": "Seen from the side, helmet on, a parcel between the feet.",
    "Pouring tea from a tall pot": "For our teapots: one arm high, the cup low.",
    "Folding a prayer mat": "Kneeling, both hands on the mat, looking down.",
}


@dataclass(frozen=True)
class Exhibits:
    """Who looks at which address: `pages` maps a name to (visitor, seller or newcomer; path)."""

    sellers: dict[str, Seller]
    pages: dict[str, tuple[str, str]]


def make(stack: Stack, *, mark: str = "") -> Exhibits:
    """Fill a running stack and return where everything is, once its pictures are there (a minute or two).

    `mark` is written behind everything that people name or describe.
    """
    rich, poor = *accounts.make(stack, 1), *accounts.make(stack, 1, credits=0)
    call = f"exhibits.print_made({rich.email!r}, {mark!r})"
    told = stack.manage("shell", "-v", "0", "-c", f"from {__name__.rpartition('.')[0]} import exhibits; {call}")
    found = json.loads(told.splitlines()[-1])
    return Exhibits({SELLER: rich, NEWCOMER: poor}, _pages(found))


def _pages(found: dict[str, str]) -> dict[str, tuple[str, str]]:
    public = {
        "welcome": "/", "log-in": "/log-in", "register": "/register", "nothing-here": "/nowhere",
        "shared": f"/s/{found['share']}", "share-ended": f"/s/{found['ended']}",
    }  # fmt: skip
    own = {
        "library": "/", "library-search": "/?search=bag", "library-nothing": "/?search=xylophone",
        "pose": f"/poses/{found['pose']}", "find-pose": "/poses/find", "orders": "/orders",
        "order-done": f"/orders/{found['generation']}", "order-cancelled": f"/orders/{found['cancelled']}",
        "receipt": f"/orders/{found['generation']}/receipt", "picture": f"/pictures/{found['result']}",
        "pictures": "/pictures", "pictures-all": "/pictures?show=all", "projects": "/projects",
        "project": f"/projects/{found['project']}", "avatars": "/avatars", "avatar-new": "/avatars/new",
        "avatar": f"/avatars/{found['avatar']}", "credits": "/credits", "statement": "/credits/statement",
        "wishes": "/wishes", "wish-ask": "/wishes?ask", "account": "/account", "shares": "/shares", "order": "/order",
    }  # fmt: skip
    new = {
        "empty-orders": "/orders", "empty-pictures": "/pictures", "empty-projects": "/projects",
        "empty-avatars": "/avatars", "empty-credits": "/credits", "empty-shares": "/shares", "empty-order": "/order",
        "empty-account": "/account", "empty-favorites": "/?favorites=true",
    }  # fmt: skip
    shown = [(VISITOR, public), (SELLER, own), (NEWCOMER, new)]
    return {name: (who, path) for who, paths in shown for name, path in paths.items()}


# ---- Inside of the stack ---------------------------------------------------------------------------------------------


def print_made(email: str, mark: str) -> None:
    """Make everything for the seller with this address and print, as JSON, the ids that the addresses need."""
    from lumiku.users.models import User

    print(json.dumps(_fill(User.objects.get(email=email), mark)))


def _fill(user: Any, mark: str) -> dict[str, str]:
    from pose_generator import favourites, generations, projects
    from pose_generator.models import Pose

    spring = projects.create(user, name=f"Ramadan collection{mark}", description=f"Gamis and hijab{mark}")
    projects.create(user, name="Leather bags")
    avatar = _avatar(user, f"Sari{mark}")
    poses = list(Pose.objects.published().order_by("display_order")[:60:5])
    for pose in poses[:3]:
        favourites.keep_pose(user, pose)
    done = _order(user, spring, poses=poses[:8], avatar=avatar, aspect_ratio="4:5")
    _order(user, spring, words=f"A young woman in a sage green hijab holds a leather bag{mark}")
    cancelled = _order(user, spring, poses=poses, variations=4)
    generations.cancel(cancelled)
    _wish(user, mark)
    _wait(user)
    return {
        **_shared(user, done, f"New hijab collection{mark}"),
        "pose": str(poses[0].pk), "project": str(spring.pk), "avatar": str(avatar.pk),
        "generation": str(done.pk), "cancelled": str(cancelled.pk),
    }  # fmt: skip


def _avatar(user: Any, name: str) -> Any:
    from avatars import creation
    from lumiku import files
    from pose_generator.models import Pose

    drawing = files.read(Pose.objects.published().order_by("display_order")[0].preview)
    return creation.upload(user, drawing or b"", name=name, traits={"gender": "female"})


def _order(user: Any, project: Any, *, poses: Any = (), words: str = "", variations: int = 1, **more: Any) -> Any:
    from pose_generator import generations
    from pose_generator.models import Generation
    from pose_generator.orders import Order

    kind = Generation.Kind.TEXT if words else Generation.Kind.GALLERY
    order = Order(
        project=project, kind=kind, poses=poses, text_prompt=words, variations=variations, backend="preview", seed=7,
        **more,
    )  # fmt: skip
    return generations.place(user, order)


def _wait(user: Any) -> None:
    """Return once the workers have ended every order of the seller."""
    from pose_generator.models import Generation

    while Generation.objects.owned_by(user).filter(status__in=["pending", "processing"]).exists():
        time.sleep(0.5)


def _shared(user: Any, generation: Any, title: str) -> dict[str, str]:
    from pose_generator import favourites, shares

    results = list(generation.results.filter(status="completed").select_related("generation").order_by("number"))
    for result in results[:3]:
        favourites.keep_result(result)
    ids = [result.pk for result in results]
    open_one = shares.place(user, results=ids, title=title)
    ended = shares.place(user, results=ids[:2], title="First drafts")
    shares.revoke(ended)
    return {"share": open_one.token, "ended": ended.token, "result": str(ids[0])}


def _wish(user: Any, mark: str) -> None:
    from pose_generator import wishes

    asked = [wishes.ask(user, title=f"{title}{mark}", description=f"{words}{mark}") for title, words in WISHES.items()]
    for wish in asked[:2]:
        wishes.approve(wish)
