"""What the order page's form sends, and what its pages say."""

import re
import uuid
from typing import Any

from django.http import QueryDict

from lumiku.studio import ordering
from pose_generator.models import Pose

#: As htmx asks.
HTMX = {"HX-Request": "true"}


def fields(*poses: Pose, **more: Any) -> dict[str, Any]:
    """Return what the page's form sends for an order of `poses`."""
    start = {**ordering.FIELDS, "poses": [str(pose.pk) for pose in poses], "backend": "preview"}
    return {**start, "key": str(uuid.uuid4()), **more}


def form_of(**said: Any) -> ordering.Said:
    """Return the form that a browser would send with `said` beside the defaults."""
    query = QueryDict(mutable=True)
    for name, value in {**ordering.FIELDS, **said}.items():
        query.setlist(name, value if isinstance(value, list) else [value])
    return ordering.said(query)


def text_of(response: Any) -> str:
    """Return what a page says, without its tags, in single spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))
