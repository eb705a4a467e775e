"""Reading: the library, projects, orders, receipts; few queries, and nothing of anybody else's."""

import re
from typing import Any

import pytest
from django.utils import translation
from rest_framework.test import APIClient

from credits.models import Entry
from lumiku import backends
from lumiku.backends import BackendError
from lumiku.testing import API, client_of, make_pose, order_for, picture, sums_match, work
from lumiku.users.models import User
from pose_generator import generations, processes
from pose_generator.models import Category, Generation, Pose, Project, Result
from pose_generator.serializers.generations import ResultSerializer

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def library(db: None) -> list[Pose]:
    poses = [make_pose(f"pose-{index:02}", tags=["studio"] if index % 2 else ["outdoor"]) for index in range(30)]
    Pose.objects.filter(slug="pose-05").update(is_featured=True, difficulty="advanced", gender_suitability="male")
    return poses


@pytest.fixture
def generation(alice: User, project: Project, pose: Pose) -> Generation:
    return generations.place(alice, order_for(project, [pose], variations=3))


class TestLibrary:
    def test_a_page_of_24_takes_four_queries(
        self, as_alice: APIClient, library: list[Pose], django_assert_max_num_queries: Any
    ) -> None:
        with django_assert_max_num_queries(4):
            answer = as_alice.get(f"{API}/library?limit=24&category=fashion")

        body = answer.json()
        assert len(body["poses"]) == 24
        assert body["pagination"] == {"page": 1, "limit": 24, "total": 30, "totalPages": 2, "hasMore": True}

    def test_a_pose_has_every_field_of_the_contract(self, as_alice: APIClient, pose: Pose) -> None:
        shown = as_alice.get(f"{API}/library/{pose.pk}").json()["pose"]

        assert set(shown) == {
            "id",
            "name",
            "description",
            "categoryId",
            "category",
            "previewImageUrl",
            "referenceImageUrl",
            "controlnetImageUrl",
            "thumbnailUrl",
            "difficulty",
            "genderSuitability",
            "tags",
            "sourceType",
            "sourceCredit",
            "licenseType",
            "usageCount",
            "favoriteCount",
            "isFavorite",
            "isPublic",
            "isFeatured",
            "isPremium",
            "createdAt",
            "updatedAt",
        }
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", shown["createdAt"])

    @pytest.mark.parametrize(
        ("query", "number"),
        [
            ("category=fashion", 30),
            ("category=editorial", 30),
            ("search=pose-99", 0),
            ("search=POSE 05", 1),
            ("search=studio", 15),
            ("featured=true", 1),
            ("difficulty=advanced", 1),
            ("genderSuitability=male", 1),
            ("difficulty=beginner&search=outdoor", 15),
        ],
    )
    def test_filters_find_what_they_say(
        self, as_alice: APIClient, library: list[Pose], query: str, number: int
    ) -> None:
        assert as_alice.get(f"{API}/library?{query}").json()["pagination"]["total"] == number

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("category=unknown", "category"),
            (f"category={UNKNOWN}", "category"),
            ("limit=101", "limit"),
            ("limit=0", "limit"),
            ("limit=0000000015000", "limit"),
            ("page=000000001999999999999999999999", "page"),
            ("page=000000001" + "0" * 5000, "page"),
            ("page=0", "page"),
            ("page=x", "page"),
            ("difficulty=hard", "difficulty"),
            ("featured=maybe", "featured"),
        ],
    )
    def test_a_bad_filter_is_a_400_that_names_it(self, as_alice: APIClient, query: str, field: str) -> None:
        answer = as_alice.get(f"{API}/library?{query}")

        assert answer.status_code == 400
        assert field in answer.json()["error"]["fields"]

    def test_search_and_names_know_indonesian(self, as_alice: APIClient, library: list[Pose]) -> None:
        Pose.objects.get(slug="pose-07").save()
        named = make_pose("arms", name_en="Arms crossed", name_id="Tangan bersedekap")

        found = as_alice.get(f"{API}/library?search=bersedekap", headers={"Accept-Language": "id"}).json()["poses"]

        assert [(pose["id"], pose["name"]) for pose in found] == [(str(named.pk), "Tangan bersedekap")]
        translation.activate("en")

    def test_retired_and_private_poses_are_not_there(self, as_alice: APIClient, bob: User, library: list[Pose]) -> None:
        private = make_pose("bobs", owner=bob, is_public=False)
        Pose.objects.filter(slug="pose-00").update(retired_at="2026-01-01T00:00:00Z")

        assert as_alice.get(f"{API}/library").json()["pagination"]["total"] == 29
        assert as_alice.get(f"{API}/library/{private.pk}").status_code == 404

    def test_a_pose_counts_the_orders_that_used_it(
        self, as_alice: APIClient, alice: User, project: Project, pose: Pose
    ) -> None:
        for _ in range(2):
            generations.place(alice, order_for(project, [pose], variations=3))

        assert as_alice.get(f"{API}/library/{pose.pk}").json()["pose"]["usageCount"] == 2

    def test_categories_are_a_tree_with_live_counts(
        self, as_alice: APIClient, library: list[Pose], django_assert_max_num_queries: Any
    ) -> None:
        Category.objects.create(slug="sports", name_en="Sports", display_order=50)

        with django_assert_max_num_queries(2):
            body = as_alice.get(f"{API}/categories").json()

        roots = {root["slug"]: root for root in body["categories"]}
        assert set(roots) == {"fashion", "sports"}
        assert (roots["fashion"]["poseCount"], roots["fashion"]["children"][0]["poseCount"]) == (30, 30)
        assert body["totalCategories"] == 3


class TestGenerations:
    def test_an_order_of_a_hundred_takes_six_queries(
        self, as_alice: APIClient, alice: User, project: Project, pose: Pose, no_limits: None,
        django_assert_max_num_queries: Any, make_user: Any,
    ) -> None:  # fmt: skip
        from credits import ledger

        ledger.grant(alice, 3000, key="more", note="For the test")
        row = generations.place(alice, order_for(project, [pose], variations=10, cameras=[(0, 0)] * 10))
        Result.objects.update(status="failed", ended_at=row.created_at)
        Generation.objects.update(status="failed", completed_at=row.created_at)

        with django_assert_max_num_queries(6):
            body = as_alice.get(f"{API}/generations/{row.pk}").json()

        assert len(body["generation"]["poses"]) == 100

    def test_an_order_shows_every_field_of_the_contract(self, as_alice: APIClient, generation: Generation) -> None:
        work()

        body = as_alice.get(f"{API}/generations/{generation.pk}").json()

        assert {
            "id",
            "projectId",
            "userId",
            "generationType",
            "textPrompt",
            "avatarId",
            "avatarAttributes",
            "batchSize",
            "totalExpectedPoses",
            "useBackgroundChanger",
            "backgroundMode",
            "backgroundPrompt",
            "exportFormats",
            "status",
            "progress",
            "posesCompleted",
            "posesFailed",
            "posesCancelled",
            "creditCharged",
            "creditRefunded",
            "errorMessage",
            "createdAt",
            "startedAt",
            "completedAt",
            "avgGenerationTime",
            "totalProcessingTime",
            "retryOf",
            "cancelRequestedAt",
            "poses",
        } <= set(body["generation"])
        assert {
            "id",
            "generationId",
            "poseLibraryId",
            "variation",
            "status",
            "outputImageUrl",
            "thumbnailUrl",
            "originalImageUrl",
            "exportFormats",
            "backgroundChanged",
            "promptUsed",
            "seedUsed",
            "controlnetWeight",
            "generationTime",
            "attempts",
            "errorCode",
            "errorMessage",
            "isFavorite",
            "createdAt",
            "number",
            "camera",
            "backend",
            "poseScore",
            "limbScores",
            "overlayUrl",
            "repaints",
            "safety",
        } == set(body["generation"]["poses"][0])
        assert (body["generation"]["status"], body["generation"]["progress"]) == ("completed", 100)
        assert (body["generation"]["creditCharged"], body["generation"]["creditRefunded"]) == (90, 0)
        assert body["progress"]["currentStatus"] == "completed"

    def test_the_schema_describes_what_a_picture_really_shows(self, generation: Generation) -> None:
        shown = ResultSerializer(Result.objects.first()).data

        assert set(shown) == set(ResultSerializer().fields)

    def test_a_waiting_order_says_how_long_and_where_it_stands(
        self, as_alice: APIClient, generation: Generation
    ) -> None:
        progress = as_alice.get(f"{API}/generations/{generation.pk}").json()["progress"]

        assert (progress["percentage"], progress["posesTotal"], progress["queuePosition"]) == (0, 3, 0)
        assert progress["estimatedTimeRemaining"] > 0

    def test_pictures_open_by_their_link_alone_and_not_without(
        self, as_alice: APIClient, generation: Generation
    ) -> None:
        work()
        shown = as_alice.get(f"{API}/generations/{generation.pk}/results").json()
        link = shown["results"][0]["outputImageUrl"]
        anonymous = client_of(None)

        opened = anonymous.get(link)
        tampered = [link.replace("signature=", "signature=0"), link.split("?")[0], link.replace("1-0.png", "2-0.png")]

        assert (opened.status_code, opened["Content-Type"]) == (200, "image/png")
        assert opened["Cache-Control"].startswith("private")
        assert opened.getvalue().startswith(b"\x89PNG")
        assert {anonymous.get(bad).status_code for bad in tampered} == {404}
        assert shown["generation"]["successCount"] == 3

    def test_a_link_ends(self, as_alice: APIClient, generation: Generation, monkeypatch: pytest.MonkeyPatch) -> None:
        work()
        link = as_alice.get(f"{API}/poses/{Result.objects.earliest('number').pk}").json()["pose"]["outputImageUrl"]
        expires = int(re.search(r"expires=(\d+)", link)[1])  # type: ignore[index]
        assert expires % 300 == 0

        monkeypatch.setattr("lumiku.files.time.time", lambda: expires + 1)

        assert client_of(None).get(link).status_code == 404

    def test_the_list_shows_only_ones_own_and_can_be_filtered(
        self, as_alice: APIClient, as_bob: APIClient, generation: Generation, project: Project
    ) -> None:
        def total(query: str) -> int:
            return as_alice.get(f"{API}/generations?{query}").json()["pagination"]["total"]

        assert (total(""), total("status=pending"), total("status=failed"), total(f"projectId={project.pk}")) == (
            1,
            1,
            0,
            1,
        )
        assert (total("search=spring"), total("search=winter"), total(f"projectId={UNKNOWN}")) == (1, 0, 0)
        assert as_bob.get(f"{API}/generations").json()["generations"] == []

    def test_a_receipts_sums_match_the_ledger(
        self, as_alice: APIClient, alice: User, staff: User, project: Project, pose: Pose, monkeypatch: Any
    ) -> None:
        from credits import ledger

        preview, answers = backends.get("preview"), iter([BackendError("moderated")])
        failing = type("Failing", (type(preview),), {})()
        monkeypatch.setattr(type(failing), "paint", lambda self, request: _raise_or_paint(answers, preview, request))
        monkeypatch.setattr(backends, "get", lambda name: failing)
        row = generations.place(alice, order_for(project, [pose], variations=3))
        work()
        ledger.refund(Entry.objects.filter(kind="capture").first(), actor=staff, note="Six fingers")  # type: ignore[arg-type]

        receipt = as_alice.get(f"{API}/generations/{row.pk}/receipt").json()

        assert (receipt["held"], receipt["captured"], receipt["released"], receipt["refunded"]) == (90, 60, 30, 30)
        assert receipt["stillHeld"] == 0
        assert sorted((line["captured"], line["givenBack"]) for line in receipt["poses"]) == [
            (0, 30),
            (30, 0),
            (30, 30),
        ]
        assert [line["reason"] for line in receipt["poses"]].count(None) == 2
        balance = as_alice.get("/api/credits/balance").json()
        assert balance == {"balance": 1000 - 60 + 30, "held": 0, "quota": None}
        sums_match()

    def test_the_history_says_what_each_entry_was_for(self, as_alice: APIClient, generation: Generation) -> None:
        work()

        history = as_alice.get("/api/credits/history").json()

        newest, hold = history["entries"][0], history["entries"][3]
        assert (newest["kind"], newest["amount"], newest["heldAmount"]) == ("capture", 0, -30)
        assert newest["generationId"] == hold["generationId"] == str(generation.pk)
        assert Result.objects.filter(pk=newest["poseId"]).exists()
        assert (hold["kind"], hold["amount"], hold["balanceAfter"]) == ("hold", -90, 910)

    def test_an_order_is_cancelled_once(self, as_alice: APIClient, alice: User, generation: Generation) -> None:
        first = as_alice.post(f"{API}/generations/{generation.pk}/cancel")
        second = as_alice.post(f"{API}/generations/{generation.pk}/cancel")

        assert (first.status_code, first.json()["generation"]["status"]) == (200, "cancelled")
        assert first.json()["generation"]["creditRefunded"] == 90
        assert (second.status_code, second.json()["error"]["code"]) == (409, "wrong_state")

    def test_what_failed_is_ordered_again_by_one_call(self, as_alice: APIClient, generation: Generation) -> None:
        assert as_alice.post(f"{API}/generations/{generation.pk}/retry").status_code == 409

    def test_a_running_order_cannot_be_deleted_and_an_ended_one_is_gone_at_once(
        self, as_alice: APIClient, generation: Generation
    ) -> None:
        assert as_alice.delete(f"{API}/generations/{generation.pk}").status_code == 409
        work()

        assert as_alice.delete(f"{API}/generations/{generation.pk}").status_code == 204
        assert as_alice.get(f"{API}/generations/{generation.pk}").status_code == 404
        assert Generation.objects.count() == 1


def _raise_or_paint(answers: Any, preview: Any, request: Any) -> Any:
    if error := next(answers, None):
        raise error
    return preview.paint(request)


class TestStrangers:
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("get", "generations/{g}"),
            ("delete", "generations/{g}"),
            ("get", "generations/{g}/results"),
            ("post", "generations/{g}/cancel"),
            ("post", "generations/{g}/retry"),
            ("get", "generations/{g}/receipt"),
            ("get", "poses/{r}"),
            ("get", "projects/{p}"),
            ("put", "projects/{p}"),
            ("delete", "projects/{p}"),
        ],
    )
    def test_what_is_alices_is_404_for_bob_with_the_body_of_the_unknown(
        self, as_bob: APIClient, generation: Generation, project: Project, method: str, path: str
    ) -> None:
        ids = {"g": generation.pk, "r": Result.objects.earliest("number").pk, "p": project.pk}
        nobodys = dict.fromkeys(ids, UNKNOWN)

        hers = getattr(as_bob, method)(f"{API}/{path.format(**ids)}", {"projectName": "Mine now"})
        unknown = getattr(as_bob, method)(f"{API}/{path.format(**nobodys)}", {"projectName": "Mine now"})

        assert hers.status_code == unknown.status_code == 404
        assert hers.json()["error"] == unknown.json()["error"]
        generation.refresh_from_db()
        project.refresh_from_db()
        assert (generation.status, project.name) == ("pending", "Spring")

    def test_every_route_but_the_public_ones_wants_a_token(self, generation: Generation) -> None:
        paths = ["library", "categories", "projects", "generations", f"generations/{generation.pk}", "metrics"]

        codes = {path: client_of(None).get(f"{API}/{path}").status_code for path in paths}

        assert set(codes.values()) == {401}


class TestProjects:
    def test_a_project_is_made_changed_and_hidden(self, as_alice: APIClient) -> None:
        made = as_alice.post(f"{API}/projects", {"projectName": "Lebaran", "description": "Koleksi baru"})
        pk = made.json()["project"]["id"]

        changed = as_alice.put(f"{API}/projects/{pk}", {"status": "archived"}).json()["project"]
        gone = as_alice.delete(f"{API}/projects/{pk}")

        assert made.status_code == 201
        assert (changed["projectName"], changed["status"]) == ("Lebaran", "archived")
        assert (gone.status_code, as_alice.get(f"{API}/projects/{pk}").status_code) == (204, 404)

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"projectName": ""}, "projectName"),
            ({"projectName": "x" * 101}, "projectName"),
            ({"projectName": "x", "description": "x" * 501}, "description"),
            ({"projectName": "x", "avatarImageUrl": "https://example.com/a.jpg"}, "avatarImageUrl"),
            ({"projectName": "x", "owner": "bob"}, "owner"),
            ({"projectName": "nude woman porn"}, "projectName"),
        ],
    )
    def test_a_bad_project_is_a_400_that_names_its_field(
        self, as_alice: APIClient, body: dict[str, str], field: str
    ) -> None:
        answer = as_alice.post(f"{API}/projects", body)

        assert answer.status_code == 400
        assert field in answer.json()["error"]["fields"]
        assert not Project.objects.exists()

    def test_a_project_with_a_running_order_cannot_be_deleted(
        self, as_alice: APIClient, generation: Generation, project: Project
    ) -> None:
        answer = as_alice.delete(f"{API}/projects/{project.pk}")

        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "wrong_state")

    def test_a_project_no_longer_shows_an_avatar_that_was_deleted(self, as_alice: APIClient, alice: User) -> None:
        from avatars import creation
        from avatars.models import Avatar

        avatar = Avatar.objects.create(owner=alice, name="Sari", image="avatars/x/1.png", thumbnail="avatars/x/1.webp")
        link = {"projectName": "Sari", "avatarImageUrl": "/media/avatars/x/1.png?expires=1"}
        made = as_alice.post(f"{API}/projects", link).json()["project"]
        creation.discard(avatar)

        shown = as_alice.get(f"{API}/projects/{made['id']}").json()["project"]

        assert made["avatarId"] == str(avatar.pk)
        assert (shown["avatarId"], shown["avatarImageUrl"]) == (None, None)

    def test_a_photo_of_ones_own_becomes_the_projects_person(self, as_alice: APIClient) -> None:
        from io import BytesIO

        file = BytesIO(picture())
        file.name = "sari.png"
        upload = as_alice.post(f"{API}/uploads", {"file": file, "purpose": "avatar"}, format="multipart")
        expired = upload.json()["url"].split("?")[0]

        made = as_alice.post(f"{API}/projects", {"projectName": "Sari", "avatarImageUrl": expired}).json()["project"]

        assert upload.status_code == 201
        assert (upload.json()["width"], upload.json()["height"]) == (300, 400)
        assert made["avatarSource"] == "UPLOAD"
        assert made["avatarImageUrl"].startswith(expired)


class TestHostileBodies:
    @pytest.mark.parametrize(
        "content",
        [
            b"[" * 100_000,
            b'{"a":' * 900 + b"1" + b"}" * 900,
            b'{"email": "\\ud800", "password": "x"}',
            b'{"\\ud800": 1}',
            b"\xff\xfe",
            b'{"email": NaN}',
        ],
        ids=["deep list", "deep object", "half a character", "half a name", "no text", "no number"],
    )
    def test_what_cannot_be_read_is_a_400_in_the_one_shape(self, db: None, content: bytes) -> None:
        answer = client_of(None).post("/api/auth/login", content, content_type="application/json")

        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "invalid"

    def test_what_is_too_long_is_refused_in_the_one_shape(self, as_alice: APIClient) -> None:
        long = as_alice.post(f"{API}/projects", {"projectName": "x" * 5_000_000})
        many = as_alice.post(f"{API}/uploads", {f"field{index}": "x" for index in range(1100)}, format="multipart")

        assert {answer.json()["error"]["code"] for answer in (long, many)} <= {"too_large", "invalid"}
        assert {answer.status_code for answer in (long, many)} <= {400, 413}

    def test_a_link_with_a_null_character_is_no_link_of_ours(self, as_alice: APIClient) -> None:
        answer = as_alice.post(f"{API}/projects", {"projectName": "x", "avatarImageUrl": "/media/uploads/%00"})

        assert answer.status_code == 400


class TestOperations:
    def test_livez_and_readyz_say_what_holds(self, db: None) -> None:
        client = client_of(None)

        assert client.get("/livez").status_code == 200
        assert client.get("/readyz").status_code == 200
        assert client.get("/readyz").json()["status"] in ("ok", "degraded")

    def test_readyz_is_degraded_without_redis(self, db: None, settings: Any) -> None:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"

        answer = client_of(None).get("/readyz")

        assert (answer.status_code, answer.json()) == (200, {"status": "degraded"})

    def test_health_is_503_without_worker_and_sweeper_and_200_with_both(self, db: None) -> None:
        from pose_generator import sweeping

        client = client_of(None)
        before = client.get(f"{API}/health")
        processes.beat("worker", name="w", places=5)
        sweeping.sweep(broker_lost=False)

        after = client.get(f"{API}/health")

        assert (before.status_code, before.json()["checks"]["workers"]) == (503, "down")
        assert after.status_code == 200
        assert set(after.json()["checks"]) == {"database", "redis", "workers", "queue", "sweeper", "ledger"}

    def test_metrics_are_for_staff_and_for_the_token(
        self, as_alice: APIClient, staff: User, generation: Generation, settings: Any
    ) -> None:
        settings.METRICS_TOKEN = "a-token-for-prometheus"

        assert as_alice.get(f"{API}/metrics").status_code == 403
        assert client_of(staff).get(f"{API}/metrics").json()["queueDepth"] == 3
        assert client_of(None).get("/metrics").status_code == 401
        text = (
            client_of(None).get("/metrics", headers={"Authorization": "Bearer a-token-for-prometheus"}).content.decode()
        )
        assert "lumiku_queue_depth 3\n" in text

    def test_an_unknown_path_answers_in_the_one_shape(self, db: None) -> None:
        answer = client_of(None).get("/api/apps/pose-generator/nothing")

        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "not_found"

    def test_what_is_not_in_the_schema_does_not_exist(self, db: None) -> None:
        from django.urls import get_resolver

        schema = client_of(None).get("/api/schema?format=json").json()["paths"]
        routes = set()
        for pattern in get_resolver().url_patterns:
            for below in getattr(pattern, "url_patterns", [pattern]):
                route = str(pattern.pattern) + (str(below.pattern) if below is not pattern else "")
                routes.add("/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route))

        served = {route for route in routes if route.startswith("/api/")} - {"/api/schema", "/api/docs"}
        assert {path.replace("{id}", "{pk}") for path in schema} == served
