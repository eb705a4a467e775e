"""Pictures that do not keep their pose are painted again at no charge, and the best is delivered or given back."""

import io
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.conf import LazySettings
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from PIL import Image

from credits.models import Entry
from lumiku import backends, checks, files, vision
from lumiku.backends import BackendError, ImageBackend, ImageRequest, Painting, gate
from lumiku.backends.preview import PreviewBackend
from lumiku.testing import API, order_for, picture, sums_match, work
from lumiku.users.models import User
from pose_generator import briefs, generations, scoring, settlement, sweeping
from pose_generator.models import Pose, Project, Result
from pose_generator.posing import camera, detect, kinematics
from pose_generator.tests import curated

needs_vision = pytest.mark.skipif(
    bool(vision.missing(vision.folder())), reason="the vision models are absent: manage.py fetch_vision_models"
)
BAD = kinematics.keypoints({"shoulders": [0, 90, 0]})
WORSE = kinematics.keypoints({"shoulders": [0, 150, 0], "hips": [0, 35, 0]})
RIGHT = None


@dataclass
class Wilful(ImageBackend):
    """Paints like preview, but of what the script says: another pose, an error, or (None) what was asked."""

    script: list[Any] = field(default_factory=list)
    seeds: list[int] = field(default_factory=list)
    supports = PreviewBackend.supports

    def paint(self, request: ImageRequest) -> Painting:
        self.seeds.append(request.seed)
        step = self.script.pop(0) if self.script else RIGHT
        if isinstance(step, BackendError):
            raise step
        if isinstance(step, bytes):
            return Painting(data=step, image=Image.open(io.BytesIO(step)).convert("RGB"), seed=request.seed)
        if step is not RIGHT:
            joints = camera.project(step, width=request.width, height=request.height)
            request = replace(request, joints=joints)
        return PreviewBackend().paint(request)

    def check(self) -> str:
        return "Wilful."


@pytest.fixture
def wilful(monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> Wilful:
    """The backend `preview` of this test, scored, with a script."""
    backend = Wilful()
    monkeypatch.setattr(backends, "get", lambda name: backend)
    score_preview(settings)
    return backend


def score_preview(settings: LazySettings, **rule: Any) -> None:
    settings.IMAGE_BACKENDS = {"preview": {**settings.IMAGE_BACKENDS["preview"], "SCORE": rule}}


def painted(keypoints: Any, **view: Any) -> tuple[Image.Image, tuple[backends.Joint, ...]]:
    """A drawing of a pose, and its joints."""
    joints = camera.project(np.asarray(keypoints), width=480, height=608, **view)
    request = ImageRequest(prompt="", width=480, height=608, seed=1, joints=joints)
    return PreviewBackend().paint(request).image, joints


def ordered(alice: User, project: Project, pose: Pose) -> Result:
    generations.place(alice, order_for(project, [pose]))
    work()
    return Result.objects.get()


def killed_after(result: Result, *pictures: Any) -> None:
    """Leave a claimed result as a worker does that stored `pictures` and died."""
    for repaint, keypoints in enumerate(pictures):
        request = briefs.brief(result, repaint=repaint)
        joints = camera.project(keypoints, width=request.width, height=request.height)
        data = PreviewBackend().paint(replace(request, joints=joints)).data
        files.put(f"results/{result.pk}/{result.attempt}-{repaint}.png", data)
    Result.objects.filter(pk=result.pk).update(lease_until=Now() - timedelta(seconds=1))
    assert settlement.lose_lease(result)


def claimed(alice: User, project: Project, pose: Pose) -> Result:
    generations.place(alice, order_for(project, [pose]))
    result = settlement.start(Result.objects.get().pk, by="killed")
    assert result is not None
    return result


def originals(result: Result) -> list[str]:
    names = default_storage.listdir(f"results/{result.pk}")[1]
    return sorted(name for name in names if name.endswith(".png"))


@needs_vision
@pytest.mark.usefixtures("wilful")
def test_alice_sees_how_well_the_pose_was_kept(as_alice: Any, alice: User, project: Project, pose: Pose) -> None:
    result = ordered(alice, project, pose)

    shown = as_alice.get(f"{API}/generations/{result.generation_id}/results").json()["results"][0]
    assert shown["poseScore"] >= 85
    assert {"head", "trunk", "right_upper_arm", "left_shin"} <= set(shown["limbScores"])
    assert all(0 <= value <= 100 for value in shown["limbScores"].values())
    assert shown["repaints"] == 0
    overlay = Image.open(io.BytesIO(b"".join(as_alice.get(shown["overlayUrl"]).streaming_content)))
    assert (overlay.format, max(overlay.size)) == ("WEBP", 768)


def test_preview_is_not_scored_unless_somebody_asks(alice: User, project: Project, pose: Pose) -> None:
    result = ordered(alice, project, pose)

    assert result.status == "completed"
    assert (result.pose_score, result.limb_scores, result.overlay) == (None, None, "")


def test_a_backend_that_takes_no_skeleton_is_measured_and_never_blamed(
    wilful: Wilful, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert scoring.rule_of("preview") == scoring.Rule()
    monkeypatch.setattr(Wilful, "supports", frozenset({"seed"}))

    rule = scoring.rule_of("preview")
    assert rule == scoring.MEASURED_ONLY
    assert not rule.asks_for_another([None], repaints=0)


def test_a_text_order_has_no_pose_to_keep(alice: User, project: Project, wilful: Wilful) -> None:
    generations.place(alice, order_for(project, [], kind="TEXT_DESCRIPTION", text_prompt="waving", variations=1))

    work()

    result = Result.objects.get()
    assert (result.status, result.pose_score, result.repaints, len(wilful.seeds)) == ("completed", None, 0, 1)


@needs_vision
def test_a_wrong_pose_is_painted_again_with_another_seed_at_no_charge(
    alice: User, project: Project, pose: Pose, wilful: Wilful
) -> None:
    wilful.script = [BAD]

    result = ordered(alice, project, pose)

    assert (result.status, result.repaints, result.busy_answers, result.attempt) == ("completed", 1, 0, 1)
    assert result.pose_score is not None
    assert result.pose_score >= 85
    assert not result.pose_under_threshold
    assert wilful.seeds == [7, result.seed]
    assert result.seed == 7 + 2**20
    assert originals(result) == ["1-0.png", "1-1.png"]
    assert result.image.endswith("/1-1.png")
    assert Entry.objects.filter(kind="capture").get().held == -30
    sums_match()


@needs_vision
def test_the_best_is_delivered_and_marked_if_none_kept_the_pose(
    alice: User, project: Project, pose: Pose, wilful: Wilful
) -> None:
    wilful.script = [BAD, WORSE]

    result = ordered(alice, project, pose)

    assert (result.status, result.error_code, result.repaints) == ("completed", "", 1)
    assert result.pose_under_threshold
    assert result.pose_score is not None
    assert result.pose_score < 60
    assert (result.image.rpartition("/")[2], result.seed) == ("1-0.png", 7)
    sums_match()


@needs_vision
def test_an_operator_may_give_such_pictures_back(
    as_alice: Any, alice: User, project: Project, pose: Pose, wilful: Wilful, settings: LazySettings
) -> None:
    score_preview(settings, UNDER="give_back")
    wilful.script = [BAD, WORSE]

    result = ordered(alice, project, pose)

    alice.account.refresh_from_db()
    shown = as_alice.get(f"{API}/generations/{result.generation_id}/results").json()["results"][0]
    assert (shown["status"], shown["errorCode"], shown["repaints"]) == ("failed", "pose_mismatch", 1)
    assert "pose" in shown["errorMessage"]
    assert (shown["outputImageUrl"], shown["overlayUrl"]) == (None, None)
    assert shown["poseScore"] < 60
    assert (alice.account.available, alice.account.held) == (1000, 0)
    sums_match()


@needs_vision
def test_a_setting_says_how_often_and_from_which_score(
    alice: User, project: Project, pose: Pose, wilful: Wilful, settings: LazySettings
) -> None:
    score_preview(settings, REPAINTS=3, THRESHOLD=100)
    wilful.script = [BAD, WORSE, WORSE]

    result = ordered(alice, project, pose)

    assert result.repaints == 3
    assert len(set(wilful.seeds)) == 4
    assert result.image.endswith("/1-3.png")


@needs_vision
@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (BackendError("moderated"), ""),
        (BackendError("busy", retryable=True, retry_after=20), "busy"),
        (BackendError("account", retryable=True, account=True), "account"),
    ],
)
def test_a_repaint_that_fails_does_not_cost_the_picture_that_is_there(
    alice: User, project: Project, pose: Pose, wilful: Wilful, error: BackendError, cause: str
) -> None:
    wilful.script = [BAD, error]

    result = ordered(alice, project, pose)

    assert (result.status, result.error_code, result.busy_answers, result.repaints) == ("completed", "", 0, 0)
    assert result.pose_under_threshold
    assert gate.states(["preview"])["preview"].cause == cause
    sums_match()


@needs_vision
def test_no_repaint_begins_when_the_time_of_the_call_runs_out(
    alice: User, project: Project, pose: Pose, wilful: Wilful, settings: LazySettings
) -> None:
    settings.TIMES = {**settings.TIMES, "call_deadline": 0}
    wilful.script = [BAD]

    result = ordered(alice, project, pose)

    assert (result.status, result.repaints, len(wilful.seeds)) == ("completed", 0, 1)


@needs_vision
def test_what_a_killed_worker_painted_is_compared_and_counted(
    alice: User, project: Project, pose: Pose, wilful: Wilful
) -> None:
    first = claimed(alice, project, pose)
    killed_after(first, BAD, WORSE)

    work()

    result = Result.objects.get()
    assert wilful.seeds == []
    assert (result.image.rpartition("/")[2], result.seed, result.repaints) == ("1-0.png", 7, 1)
    assert result.pose_under_threshold


@needs_vision
def test_a_worker_killed_before_the_repaint_leaves_it_to_the_next(
    alice: User, project: Project, pose: Pose, wilful: Wilful
) -> None:
    first = claimed(alice, project, pose)
    killed_after(first, BAD)

    work()

    result = Result.objects.get()
    assert wilful.seeds == [7 + 2**20]
    assert (result.image.rpartition("/")[2], result.repaints) == ("2-1.png", 1)
    assert not result.pose_under_threshold


@needs_vision
def test_a_picture_without_a_person_is_delivered_without_a_score(
    alice: User, project: Project, pose: Pose, wilful: Wilful
) -> None:
    wilful.script = [picture(1024, 1024)]

    result = ordered(alice, project, pose)

    assert (result.status, result.pose_score, result.repaints, result.overlay) == ("completed", None, 0, "")
    assert not result.pose_under_threshold


@needs_vision
def test_with_somebody_beside_there_is_no_score() -> None:
    one, joints = painted(kinematics.keypoints({}))
    both = Image.new("RGB", (960, 608))
    both.paste(one, (0, 0))
    both.paste(one, (480, 0))

    assert scoring.judge(one, joints) is not None
    assert scoring.judge(both, joints) is None


@needs_vision
def test_half_a_body_has_no_score() -> None:
    whole, joints = painted(kinematics.keypoints({}))
    legs_covered = whole.copy()
    legs_covered.paste("#DDE4EA", (0, 250, *whole.size))

    assert scoring.judge(legs_covered, joints) is None


def test_without_a_detector_there_is_no_score(
    alice: User, project: Project, pose: Pose, wilful: Wilful, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detect, "detector", detect.Blind)
    wilful.script = [BAD]

    result = ordered(alice, project, pose)

    assert (result.status, result.pose_score, result.repaints) == ("completed", None, 0)


@needs_vision
@pytest.mark.usefixtures("wilful")
def test_the_overlay_goes_with_its_order(alice: User, project: Project, pose: Pose) -> None:
    result = ordered(alice, project, pose)
    generations.discard(result.generation)

    sweeping.tidy()

    assert files.read(result.overlay) is None
    assert Result.objects.get().overlay == ""


@needs_vision
def test_drawn_poses_of_the_library_keep_themselves() -> None:
    verdicts = [
        scoring.judge(*painted(pose.keypoints, yaw=yaw))
        for yaw, start in ((0, 0), (35, 6))
        for pose in curated.starter().poses[start::30]
    ]

    totals = np.array([verdict.score.total for verdict in verdicts if verdict])
    print(f"{len(verdicts)} drawn, {len(totals)} scored: median {np.median(totals)}, {(totals >= 60).mean():.0%} >= 60")
    assert len(totals) >= 0.9 * len(verdicts)
    assert np.median(totals) >= 85
    assert (totals >= 60).mean() >= 0.95


def test_the_database_refuses_more_than_a_hundred_points(alice: User, project: Project, pose: Pose) -> None:
    ordered(alice, project, pose)

    with pytest.raises(IntegrityError), transaction.atomic():
        Result.objects.update(pose_score=101)


@pytest.mark.parametrize("rule", [{"THRESHOLD": 101}, {"UNDER": "giveback"}, {"REPAINT": 1}, {"REPAINTS": -1}])
def test_a_score_that_means_nothing_stops_the_start(rule: dict[str, Any]) -> None:
    installation: dict[str, Any] = {
        "debug": True, "secrets": {}, "backend": "preview", "backends": ["preview"], "allow_preview": True
    }  # fmt: skip

    assert checks.problem(**installation, scores={"preview": {"THRESHOLD": 50}}) is None
    assert "SCORE" in (checks.problem(**installation, scores={"preview": rule}) or "")
