"""What somebody tries who means harm: other people's rows, forged forms, text that is none, bodies too large."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.test import Client
from django.urls import reverse

from avatars import creation
from avatars.models import Avatar
from credits.models import Account, Entry
from lumiku import api
from lumiku.studio import urls
from lumiku.studio.tests.order_forms import HTMX, fields
from lumiku.testing import PASSWORD, in_threads, make_pose, order_for, picture, work
from lumiku.users.models import User
from pose_generator import exporting, generations, projects, shares, wishes
from pose_generator.models import Generation, Pose, PoseRequest, Project, Result, Share, SharedPicture, Upload, Vote

#: What each group of addresses is about; a new group must be named here, or its rows are not tried.
OPEN_TO_ALL = {"log_in", "register", "library", "pose", "pick", "shared", "shared_picture", "log_out", "quote"}
PAGES = [each for each in urls.urlpatterns if each.name]
ROWS: list[type[models.Model]] = [
    Account, Avatar, Entry, Generation, Pose, PoseRequest, Project, Result, Share, SharedPicture, Upload, Vote,
]  # fmt: skip


@pytest.fixture
def browser(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def hers(alice: User, project: Project, pose: Pose) -> dict[str, Any]:
    """Return a row of alice's for each beginning of an address that has an id in it."""
    order = generations.place(alice, order_for(project, [pose]))
    work()
    own = make_pose("hers", owner=alice, is_public=False)
    result = order.results.get()
    avatar = creation.upload(alice, picture(), name="Ani", traits={})
    share = shares.place(alice, results=[result.pk])
    wish = wishes.ask(alice, title="Sitting on a low wall")
    rows = {"poses": own, "order/people": avatar, "orders": order, "pictures": result, "projects": project}
    return {**rows, "avatars": avatar, "wishes": wish, "shares": share}


def _with_ids(rows: dict[str, Any]) -> Iterator[str]:
    """Yield every address of the studio that has the id of a row in it, with that of alice's."""
    for each in PAGES:
        pattern = str(each.pattern)
        if "<uuid:pk>" in pattern and not pattern.startswith("s/"):
            yield reverse(f"studio:{each.name}", args=[rows[pattern.partition("/<")[0].removesuffix("/mine")].pk])


def _everything() -> dict[str, list[Any]]:
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in ROWS}


def test_a_stranger_finds_nothing_and_changes_nothing(client: Client, bob: User, hers: dict[str, Any]) -> None:
    client.force_login(bob)
    before = _everything()
    paths = list(_with_ids(hers))
    for path in paths:
        answers = {client.get(path).status_code, client.post(path, {"wanted": "1", "project_name": "Mine"}).status_code}
        assert answers in ({404}, {404, 405}), path
    assert len(paths) >= 25
    assert _everything() == before


def test_ids_of_a_stranger_inside_forms_are_not_taken(client: Client, bob: User, hers: dict[str, Any]) -> None:
    client.force_login(bob)
    before = _everything()
    free = make_pose("free")
    upload = projects.upload(hers["projects"].owner, picture(), purpose="background")
    for foreign in (
        {"project": str(hers["projects"].pk)},
        {"avatar": str(hers["avatars"].pk)},
        {"poses": str(hers["poses"].pk)},
        {"background": "upload", "background_picture": upload.file},
    ):
        assert client.post("/order", fields(free, **foreign)).status_code in (400, 404), foreign
    assert client.post("/shares/new", {"results": str(hers["pictures"].pk), "days": "7"}).status_code == 404
    assert client.post("/projects", {"project_name": "X", "person": str(hers["avatars"].pk)}).status_code in (400, 404)
    assert client.post("/order/picks", {"again": str(hers["orders"].pk)}).status_code == 404
    assert client.get("/pictures/zip", {"results": str(hers["pictures"].pk)}).status_code in (400, 404, 409)
    after = _everything()
    assert {name: len(rows) for name, rows in before.items() if name not in ("Pose", "Upload")} == {
        name: len(rows) for name, rows in after.items() if name not in ("Pose", "Upload")
    }


def test_no_form_is_taken_without_the_secret_of_the_page(alice: User, hers: dict[str, Any]) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    plain = [reverse(f"studio:{each.name}") for each in PAGES if "<" not in str(each.pattern)]
    before = _everything()
    for path in (*plain, *_with_ids(hers)):
        assert browser.post(path, {"days": "7"}, headers=HTMX).status_code == 403, path
    assert _everything() == before


def test_visitors_get_no_further_than_the_log_in(client: Client, hers: dict[str, Any]) -> None:
    closed = [each for each in PAGES if each.name not in OPEN_TO_ALL]
    assert len(closed) > 40
    for each in closed:
        path = reverse(f"studio:{each.name}", args=[hers["orders"].pk] if "<" in str(each.pattern) else [])
        for answer in (client.get(path), client.post(path)):
            assert answer.status_code == 302 and answer["Location"].startswith("/log-in"), path


def test_what_was_shown_to_alice_is_gone_after_she_has_logged_out(browser: Client, hers: dict[str, Any]) -> None:
    plain = [reverse(f"studio:{each.name}") for each in PAGES if "<" not in str(each.pattern)]
    shown = [path for path in (*plain, *_with_ids(hers)) if "skeleton" not in path]
    answers = [answer for answer in map(browser.get, shown) if answer.status_code == 200]
    assert len(answers) > 20
    assert [
        answer.request["PATH_INFO"] for answer in answers if "no-store" not in answer.get("Cache-Control", "")
    ] == []


def test_visitors_may_keep_the_library(client: Client, pose: Pose) -> None:
    assert "no-store" not in client.get("/").get("Cache-Control", "")


# ---- Text that is none ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/order/people", {"preset": "cafe-student", "name": "A\0ni"}),
        ("/order", {"background": "upload", "background_picture": "\0"}),
        ("/order/quote", {"background": "upload", "background_picture": "uploads/\0"}),
        ("/projects", {"project_name": "Spring\0"}),
        ("/wishes", {"title": "Sitting\0"}),
    ],
)
def test_a_nul_is_refused_before_a_database_sees_it(browser: Client, path: str, form: dict[str, str]) -> None:
    assert browser.post(path, form).status_code == 400
    assert browser.post(path, form, headers=HTMX)["HX-Retarget"] == "#toasts"


def test_a_nul_in_an_address_finds_nothing(browser: Client) -> None:
    assert browser.get("/s/%00").status_code == 400
    for path in ("/wishes/alike?title=sitting%00there", "/?search=%00", "/orders?search=%00", "/log-in?next=a%00b"):
        assert browser.get(path).status_code in (200, 302), path


@pytest.mark.parametrize("page", ["0", "-1", "x", "٣", "9" * 5000, "000001" + "9" * 40])
def test_a_page_number_that_is_none_is_the_first_page(browser: Client, page: str) -> None:
    for path in ("/pictures", "/orders", "/projects", "/wishes", "/credits", "/"):
        assert browser.get(path, {"page": page}).status_code == 200, path


@pytest.mark.parametrize("expected", ["9" * 5000, "-30", "1e9", "٣٠", "nan"])
def test_an_expected_price_that_is_none_breaks_nothing(browser: Client, pose: Pose, expected: str) -> None:
    assert browser.post("/order", fields(pose, expected_credits=expected)).status_code in (302, 409)


def test_a_page_that_htmx_cannot_name_leads_to_the_log_in_all_the_same(client: Client, db: None) -> None:
    answer = client.get("/orders", headers={**HTMX, "HX-Current-URL": "http://["})
    assert answer["HX-Redirect"] == "/log-in?next=%2F"


@pytest.mark.parametrize("wanted", ["abc", "library", "order", "?a", "studio:library"])
def test_a_next_page_that_is_no_path_breaks_no_log_in(client: Client, alice: User, wanted: str) -> None:
    known = {"email": alice.email, "password": PASSWORD, "next": wanted}
    assert client.post("/log-in", known).status_code == 302
    assert client.get("/log-in", {"next": wanted}).status_code == 302


@pytest.mark.parametrize("before", ["https://evil.example/", "javascript:alert(1)", "//evil.example", "http://["])
def test_a_refusal_leads_back_only_to_our_own_pages(browser: Client, before: str) -> None:
    page = browser.get("/?category=nothing", headers={"Referer": before})
    assert page.status_code == 400 and before not in page.content.decode()


# ---- Bodies --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/order/upload", "/order/people", "/poses/find", "/projects", "/log-in", "/i18n/language"]
)
def test_a_body_that_is_too_large_is_not_read(browser: Client, path: str) -> None:
    file = SimpleUploadedFile("x.png", b"x")
    answer = browser.post(path, {"file": file, "photo": file}, headers={"Content-Length": str(api.MAX_FORM + 1)})
    assert answer.status_code == 413
    assert browser.post(path, {"x": "x"}, headers={"Transfer-Encoding": "chunked"}).status_code == 413


def test_a_form_with_very_many_views_is_refused_and_few_are_drawn(browser: Client, pose: Pose) -> None:
    views = [f"{tenth / 10},0" for tenth in range(900)]
    page = browser.post("/order", fields(pose, cameras=views))
    assert page.status_code == 400
    assert page.content.decode().count('name="cameras"') <= 20


@pytest.mark.usefixtures("no_limits")
def test_markup_in_every_name_stays_text(browser: Client, alice: User, hers: dict[str, Any]) -> None:
    evil = """"'><img src=x onerror=alert(1)><script>alert(1)</script>"""
    Project.objects.update(name=evil, description=evil)
    Avatar.objects.update(name=evil)
    Share.objects.update(title=evil)
    PoseRequest.objects.update(title=evil, description=evil)
    Pose.objects.update(name_en=evil, name_id=evil, tags=[evil], description_en=evil)
    Generation.objects.update(text_prompt=evil, background_prompt=evil)
    User.objects.filter(pk=alice.pk).update(name=evil)
    plain = [reverse(f"studio:{each.name}") for each in PAGES if "<" not in str(each.pattern)]
    for path in (*plain, *_with_ids(hers), shares_address(hers["shares"])):
        answer = browser.get(path, {"name": evil, "title": evil, "search": evil, "next": evil, "new": evil})
        if not answer.streaming and answer["Content-Type"].startswith("text/html"):
            assert "<img src=x" not in answer.content.decode(), path
            assert "<script>alert" not in answer.content.decode(), path


def shares_address(share: Share) -> str:
    return reverse("studio:shared", args=[share.token])


def test_a_busy_moment_of_a_public_picture_is_kept_by_nobody(
    client: Client, hers: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy() -> None:
        raise exporting.Busy("Busy.")

    monkeypatch.setattr(exporting, "turn", busy)
    shown = hers["shares"].pictures.get()
    answer = client.get(reverse("studio:shared_picture", args=[hers["shares"].token, shown.pk]))
    assert (answer.status_code, answer["Cache-Control"]) == (503, "private, no-store")
    assert answer["X-Robots-Tag"] == "noindex, nofollow"


# ---- At the same moment --------------------------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.usefixtures("committing")
def test_one_form_sent_twenty_times_at_once_orders_once(alice: User, pose: Pose) -> None:
    form = fields(pose, project_name="Once")
    browsers = [Client() for _each in range(20)]
    for each in browsers:
        each.force_login(alice)
    answers = in_threads(20, lambda number: browsers[number].post("/order", form))
    assert {answer.status_code for answer in answers} == {302}
    assert len({answer["Location"] for answer in answers}) == 1
    assert (Generation.objects.count(), Project.objects.count()) == (1, 1)
    assert Account.objects.get(user=alice).held == 30
