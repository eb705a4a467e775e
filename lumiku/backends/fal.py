"""FLUX at fal.ai: an order becomes a job in fal's queue, and the picture is collected when the job has ended.

The addresses in fal's answers are not followed: where a job is asked for is built here from our own base and the id,
and a picture is fetched from fal's own delivery domain only. A look at a job that fails says nothing about the job, so
`collect` looks again until its time is over; only what fal itself says of the job ends it. A result may be asked for
again free of charge, a submission may not: fal documents no way to make a second one harmless.
"""

import contextlib
import json
import random
import re
import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx2
from huggingface_hub import get_session

from lumiku.backends import BackendError, ImageRequest, JobBackend, Painting, fal_answers, fal_models, guard
from lumiku.backends.fal_answers import GONE, LOST, RUNNING, Answer
from lumiku.backends.hosted import (
    ACCOUNT,
    BAD_ANSWER,
    MODERATED,
    REFUSED,
    HostedBackend,
    Verdict,
    origin_of,
    retry_after,
    settings_error,
)

QUEUE = "https://queue.fal.run"
DELIVERY = guard.Reach(pictures=("fal.media",))
JOB = re.compile(r"([A-Za-z0-9_][\w-]{0,63}/[A-Za-z0-9_][\w.-]{0,63}):([\w-]{8,64})", re.ASCII)
NO_JOB = "00000000-0000-0000-0000-000000000000"
KEPT_SECONDS = 86_400  # whoever has a picture's address may see it; without this it is kept for long

SUBMIT_SECONDS = 30.0
LOOK_SECONDS = 10.0
PICTURE_SECONDS = 30.0
FIRST_PAUSE, LONGEST_PAUSE, PAUSE_GROWTH = 0.5, 3.0, 1.4
LONGEST_COURTESY = 10.0  # seconds that a Retry-After may hold up a look
ANSWER_BYTES = 1024 * 1024

#: What the way to the picture may fail with while nothing is said of the picture or the job.
PASSING = frozenset({"running", "busy", "timeout", "unavailable", "unreachable"})

T = TypeVar("T")


class FalBackend(HostedBackend, JobBackend):
    """A FLUX model in fal.ai's queue, paid with an own key."""

    typical_seconds = 20.0

    def __init__(
        self, *, token: str, model: str, base_url: str = "", reference: bool = False, deadline: float = 90.0
    ) -> None:
        """Take fal's `model` id; `deadline` is in seconds a call.

        `base_url` stands in for fal's queue; `reference` sends the avatar's photo to a model that takes one.
        """
        super().__init__(token=token, deadline=deadline)
        self._model = model.strip().strip("/")
        self._base_url = base_url.strip().rstrip("/")
        self._origin = origin_of(self._base_url)
        self.supports = fal_models.supported(self._model, reference=reference)
        self.label = f"{self._model.partition('/')[2]} at {self._origin.host if self._origin else 'fal.ai'}"
        self.licence = fal_models.licence_of(self._model)

    def submit(self, request: ImageRequest) -> str:
        """Order the picture and return "owner/app:id", or raise BackendError within 30 seconds.

        A call whose answer is lost may have been charged all the same, and nobody knows the id of its job.
        """
        self._require_settings()
        order = fal_models.order(request, model=self._model, supports=self.supports)
        answer = self._ask("POST", f"{self._queue()}/{self._model}", seconds=SUBMIT_SECONDS, body=order)
        if answer.status >= 300:
            # An unknown model is a matter of our settings, not of the order.
            raise self._failure(answer, "", ACCOUNT if answer.status == 404 else None)
        job = f"{fal_models.app_of(self._model)}:{answer.body.get('request_id')}"
        if not JOB.fullmatch(job):
            raise self._failure(answer, "", BAD_ANSWER)
        return job

    def collect(self, job: str, request: ImageRequest) -> Painting:
        """Return the picture of a job that any process submitted, or raise BackendError before the deadline.

        Codes: running and account (the job stays and may be collected later), lost, moderated, refused, bad_answer,
        busy and unavailable (the job has ended).
        """
        self._require_settings()
        until = time.monotonic() + self._deadline
        url, name = self._job(job)
        ended = self._patiently(lambda seconds: self._end(url, name, seconds), name, until)
        result = self._patiently(lambda seconds: self._result(url, name, ended, seconds), name, until)
        data = self._picture(self._address(result, name), name, until)
        return self.painted(data, request, name)

    def stop(self, job: str) -> None:
        """Ask fal to give the job up: one that waits is removed, one that runs may be finished and charged."""
        self._require_settings()
        url, name = self._job(job)
        answer = self._ask("PUT", f"{url}/cancel", seconds=LOOK_SECONDS, name=name)
        over = answer.status in GONE or (answer.status == 400 and "ALREADY_COMPLETED" in answer.told)
        if answer.status >= 300 and not over:
            raise self._failure(answer, name)

    def check(self) -> str:
        """Say that the queue answers and does not refuse our key, or raise BackendError. Orders nothing."""
        self._require_settings()
        url = f"{self._queue()}/{fal_models.app_of(self._model)}/requests/{NO_JOB}/status"
        answer = self._ask("GET", url, seconds=LOOK_SECONDS)
        judged = fal_answers.judge(answer)
        if judged not in (LOST, REFUSED) and not answer.body.get("status"):
            raise self._failure(answer, "", judged)
        return f"{self.label}: the queue answers and does not refuse the key; only a paid order could prove the rest."

    def error(self, judged: Verdict, message: str, *, request_id: str, wait: float | None = None) -> BackendError:
        """Return the error for a verdict; a key of fal is "id:secret", and neither half is told alone either."""
        for half in self._token.split(":"):
            message = message.replace(half, "[key]") if len(half) >= 8 else message
        return super().error(judged, message, request_id=request_id, wait=wait)

    def _require_settings(self) -> None:
        if not re.fullmatch(r"[\x21-\x7e]*", self._token):
            raise settings_error("FAL_KEY holds a space, a line break or a letter that no key has")
        if self._base_url and not self._origin:
            raise settings_error("FAL_BASE_URL must be an address that begins with https:// or http://")
        if not self._base_url and not self._token:
            raise settings_error("set FAL_KEY to a key from fal.ai/dashboard/keys")
        if not fal_models.MODEL.fullmatch(self._model):
            raise settings_error("set FAL_MODEL to a model's id such as fal-ai/flux-general")

    def _queue(self) -> str:
        return self._base_url or QUEUE

    def _reach(self) -> guard.Reach:
        if self._origin:
            return guard.Reach(origin=self._origin, anonymous=not self._token)
        return guard.Reach(hosts=frozenset({httpx2.URL(QUEUE).host}))

    def _job(self, job: str) -> tuple[str, str]:
        """Return the address of a job and its id at fal."""
        match = JOB.fullmatch(job)
        if not match:
            raise self.error(LOST, "this is no job of fal.ai", request_id="")
        return f"{self._queue()}/{match[1]}/requests/{match[2]}", match[2]

    def _ask(
        self, method: str, url: str, *, seconds: float, name: str = "", body: dict[str, Any] | None = None
    ) -> Answer:
        """Return the queue's answer of any status; raise BackendError if none came."""
        headers = {"Authorization": f"Key {self._token}"} if self._token else {}
        if body is not None:
            headers["X-Fal-Object-Lifecycle-Preference"] = json.dumps({"expiration_duration_seconds": KEPT_SECONDS})
        within = min(seconds, self._deadline)
        with guard.call(self._reach(), seconds=within, max_bytes=ANSWER_BYTES) as call:
            call.request_id = name
            return self.bounded(call, lambda: _answer(call, method, url, headers=headers, json=body))

    def _patiently(self, look: Callable[[float], T], name: str, until: float) -> T:
        """Return what `look` returns; while it tells nothing of the job, look again until the time is over."""
        pause = FIRST_PAUSE
        while True:
            try:
                return look(min(LOOK_SECONDS, until - time.monotonic()))
            except BackendError as error:
                if error.code not in PASSING | {"bad_answer"}:
                    raise
                wait, told = min(error.retry_after or 0.0, LONGEST_COURTESY), str(error)
            wait = max(wait, pause * random.uniform(0.8, 1.2))  # many workers shall not look in step
            if time.monotonic() + wait >= until:
                raise self.error(RUNNING, told, request_id=name)
            time.sleep(wait)
            pause = min(pause * PAUSE_GROWTH, LONGEST_PAUSE)

    def _end(self, url: str, name: str, seconds: float) -> Answer:
        """Return the status of a job that has ended."""
        answer = self._ask("GET", f"{url}/status", seconds=seconds, name=name)
        if answer.status >= 300:
            raise self._failure(answer, name)
        status = answer.body.get("status")
        if status != "COMPLETED":
            raise self._failure(answer, name, RUNNING if status in ("IN_QUEUE", "IN_PROGRESS") else BAD_ANSWER)
        return answer

    def _result(self, url: str, name: str, ended: Answer, seconds: float) -> Answer:
        """Return what the model answered, be it an error."""
        answer = self._ask("GET", url, seconds=seconds, name=name)
        if not fal_answers.is_last_word(answer, ended):
            raise self._failure(answer, name, RUNNING if answer.status == 400 else None)
        return answer

    def _address(self, result: Answer, name: str) -> httpx2.URL:
        """Return where the picture is, if the model made one that may be shown."""
        if result.status != 200:
            raise self._failure(result, name)
        if fal_answers.is_flagged(result.body):
            raise self._failure(result, name, MODERATED)
        url = fal_answers.picture_url(result.body)
        if url is None or not (DELIVERY.fetches(url) or (self._origin and self._reach().asks(url))):
            raise self._failure(result, name, BAD_ANSWER)
        return url

    def _picture(self, url: httpx2.URL, name: str, until: float) -> bytes:
        """Return the bytes at `url`, asked for twice at most; it is paid for, and stays there to be collected later."""
        with contextlib.suppress(BackendError):
            return self._fetch(url, name, until)
        time.sleep(max(0.0, min(FIRST_PAUSE, until - time.monotonic())))
        try:
            return self._fetch(url, name, until)
        except BackendError as error:
            if error.code not in PASSING:
                raise
            told = str(error)
        raise self.error(RUNNING, told, request_id=name)

    def _fetch(self, url: httpx2.URL, name: str, until: float) -> bytes:
        # Judged already, the address is asked by its own name: so the status of an error is seen.
        host = frozenset({url.raw_host.decode("ascii").lower()})
        own = self._origin if self._reach().asks(url) else None
        reach = guard.Reach(hosts=host, origin=own, anonymous=True)
        with guard.call(reach, seconds=min(PICTURE_SECONDS, until - time.monotonic())) as call:
            call.request_id = name
            answer = self.bounded(call, lambda: _answer(call, "GET", url))
        if answer.status != 200:
            raise self._failure(answer, name, fal_answers.judge_picture(answer))
        return answer.data

    def _failure(self, answer: Answer, name: str, judged: Verdict | None = None) -> BackendError:
        judged = judged or fal_answers.judge(answer)
        return self.error(judged, f"HTTP {answer.status} {answer.told}", request_id=name, wait=answer.wait)


def _answer(call: guard.Call, method: str, url: httpx2.URL | str, **sent: Any) -> Answer:
    call.ordered = True  # our settings are judged before a call, so what goes wrong within is not their fault
    answer = get_session().request(method, url, follow_redirects=False, **sent)
    return Answer(answer.status_code, answer.content, call.text(), retry_after(call.headers))
