"""What fal.ai's queue answers, and what each answer means for an order.

fal hands the model's own answer through, error or not, so a 503 may be the model's last word or trouble at the queue's
door. The model speaks in typed errors, and the status of a job that failed has an `error`; where neither is there, the
job is thought to go on.
"""

import contextlib
import json
from typing import Any, NamedTuple

import httpx2

from lumiku.backends.hosted import ACCOUNT, BAD_ANSWER, BY_STATUS, MODERATED, REFUSED, UNAVAILABLE, Verdict

RUNNING = Verdict("running")
LOST = Verdict("lost")
GONE = {404: LOST, 410: LOST, 499: LOST}  # 499: somebody cancelled the job


class Answer(NamedTuple):
    """What came back from an address, whatever its status."""

    status: int
    data: bytes
    told: str
    """Its first characters, for the log."""
    wait: float | None
    """Seconds that we are asked to wait."""

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object in it; empty if it is none."""
        with contextlib.suppress(ValueError, RecursionError):
            body = json.loads(self.data)
            return body if isinstance(body, dict) else {}
        return {}


def judge(answer: Answer) -> Verdict:
    """Return what an error of the queue, or of the model behind it, means for the order."""
    if answer.status in GONE or answer.status in BY_STATUS:
        return (GONE | BY_STATUS)[answer.status]
    if answer.status < 400:
        return BAD_ANSWER
    if answer.status >= 500:
        return UNAVAILABLE
    return MODERATED if any("content_policy" in kind for kind in kinds(answer.body)) else REFUSED


def judge_picture(answer: Answer) -> Verdict:
    """Return what an error at a picture's address means: it is asked without our key, so the key is not at fault."""
    judged = BY_STATUS.get(answer.status, UNAVAILABLE if answer.status >= 500 else BAD_ANSWER)
    return BAD_ANSWER if judged is ACCOUNT else judged


def kinds(body: dict[str, Any]) -> list[str]:
    """Return the machine-readable types of the errors in a model's answer."""
    detail = body.get("detail")
    errors = [entry for entry in detail if isinstance(entry, dict)] if isinstance(detail, list) else []
    return [str(kind) for kind in (body.get("error_type"), *(entry.get("type") for entry in errors)) if kind]


def is_last_word(answer: Answer, ended: Answer) -> bool:
    """Say whether the answer to "give me the result" ends a job whose status was `ended`, be it with an error."""
    if answer.status < 400:
        return answer.status == 200 and bool(answer.body)
    if answer.status == 400 and "in progress" in answer.told:  # a part of the queue that has not heard yet
        return False
    passing = answer.status >= 500 or judge(answer).code in ("busy", "timeout")
    return not passing or bool(ended.body.get("error") or kinds(answer.body))


def is_flagged(body: dict[str, Any]) -> bool:
    """Say whether the provider's safety checker objects to a picture."""
    flags = body.get("has_nsfw_concepts")
    return any(flags) if isinstance(flags, list) else bool(flags)


def picture_url(body: dict[str, Any]) -> httpx2.URL | None:
    """Return the address of the first picture in a result, None if there is none that could be asked."""
    pictures = body.get("images")
    first = pictures[0] if isinstance(pictures, list) and pictures else None
    address = first.get("url") if isinstance(first, dict) else None
    with contextlib.suppress(httpx2.InvalidURL, ValueError):
        return httpx2.URL(address) if isinstance(address, str) else None
    return None
