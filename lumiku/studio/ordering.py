"""An order as the page's form has it: what the form says, what the API would call it, and what would fit.

The form becomes the very body that `POST generate` takes and goes through the same checks, so the page can do what the
API can and is refused alike. Beyond it the page can say "nobody" where the project has a person, and an order may bring
its own project, which is written together with the order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, QueryDict
from django.utils.translation import gettext as _

from avatars.models import Avatar
from lumiku import files
from lumiku.errors import Invalid, NotFound
from pose_generator import generations, projects
from pose_generator.models import Generation, Project
from pose_generator.orders import SIZES, Order
from pose_generator.serializers.orders import PlaceGeneration, uuid_or_none
from pose_generator.serializers.projects import ProjectForm

NOBODY = "nobody"
#: What the form sends, with what a new order begins with. Lists may come several times.
FIELDS: dict[str, Any] = {
    "kind": "poses",
    "poses": [],
    "description": "",
    "variations": "1",
    "avatar": "",
    "cameras": ["0,0"],
    "aspect_ratio": "1:1",
    "background": "",
    "background_color": "#F5EFE6",
    "background_prompt": "",
    "background_picture": "",
    "export_formats": [],
    "backend": "",
    "project": "",
    "project_name": "",
    "extra_words": "",
    "seed": "",
    "pay_with": "",
}
#: The form's name for a field that the API calls otherwise.
NAMES = {
    "selected_pose_ids": "poses",
    "batch_size": "variations",
    "variation_count": "variations",
    "avatar_id": "avatar",
    "background_mode": "background",
    "background_image_url": "background_picture",
    "project_id": "project",
    "generation_type": "kind",
    "camera": "cameras",
}
MOST_VARIATIONS = {"poses": 10, "words": 20}

Said = dict[str, Any]


class Unfinished(Invalid):
    """Something that must be chosen has not been chosen yet; `fields` says what."""

    code = "unfinished"


def said(form: QueryDict) -> Said:
    """Return what a form says, by the names of FIELDS; what it leaves out is empty."""
    return {
        name: form.getlist(name) if isinstance(start, list) else form.get(name, "") for name, start in FIELDS.items()
    }


def body_of(form: Said) -> dict[str, Any]:
    """Return the body of `generate` that a form means. Empty fields are left out. Pure."""
    in_words = form["kind"] == "words"
    mode = form["background"]
    own = {"solid_color": "background_color", "ai_generate": "background_prompt", "upload": "background_picture"}.get(
        mode
    )
    background = form[own].strip() if own else ""
    body = {
        "project_id": form["project"],
        "generation_type": Generation.Kind.TEXT if in_words else Generation.Kind.GALLERY,
        "selected_pose_ids": [] if in_words else form["poses"],
        "variation_count" if in_words else "batch_size": form["variations"],
        "text_prompt": form["description" if in_words else "extra_words"].strip(),
        "avatar_id": "" if form["avatar"] == NOBODY else form["avatar"],
        "background_mode": mode,
        "background_color": background if mode == "solid_color" else "",
        "background_prompt": background if mode == "ai_generate" else "",
        "background_image_url": f"{files.PREFIX}{background}" if mode == "upload" and background else "",
        "export_formats": form["export_formats"],
        "cameras": [_camera(value) for value in form["cameras"]],
        "aspect_ratio": form["aspect_ratio"],
        "backend": form["backend"],
        "seed": form["seed"].strip(),
        "pay_with": form["pay_with"],
    }
    return {name: value for name, value in body.items() if value not in ("", [])}


def _camera(value: str) -> dict[str, str]:
    yaw, _comma, pitch = value.partition(",")
    return {"yaw": yaw, "pitch": pitch or "0"}


@dataclass(frozen=True)
class Wanted:
    """An order that was read from a form and may be quoted; `new_project` is written when it is placed."""

    order: Order
    body: dict[str, Any]
    new_project: str = ""

    def place(self, user: Any, *, expected_credits: int | None) -> Generation:
        """Place it, in a project of its own if it brings one."""
        order = replace(self.order, expected_credits=expected_credits)
        if self.new_project:
            order = replace(order, project=projects.create(user, name=self.new_project))
        return generations.place(user, order)


def read(request: HttpRequest, form: Said) -> Wanted:
    """Return what a form orders; raise Unfinished, or what the API would raise, its fields named as the form does."""
    _refuse_unfinished(form)
    _refuse_unpainted(request, form)
    body = body_of(form)
    name = "" if "project_id" in body else _name_of_new(request, form)
    try:
        order = _in_new_project(request, body, name) if name else _order(request, body)
    except Http404 as error:
        sentence = _("Your project or your model was deleted meanwhile. Please choose another one.")
        raise NotFound(sentence) from error
    if form["avatar"] == NOBODY:
        order = replace(order, avatar=None)
    return Wanted(order, body, name)


def _order(request: HttpRequest, body: Mapping[str, Any]) -> Order:
    form = PlaceGeneration(data=body, context={"request": request})
    form.is_valid(raise_exception=True)
    return form.order()


def _in_new_project(request: HttpRequest, body: Mapping[str, Any], name: str) -> Order:
    """Return the order in a project that is there only while it is read: a price must not leave a project behind."""
    with transaction.atomic():
        project = projects.create(request.user, name=name)
        order = _order(request, {**body, "project_id": str(project.pk)})
        transaction.set_rollback(True)
    return order


def _name_of_new(request: HttpRequest, form: Said) -> str:
    typed = form["project_name"].strip()
    number = Project.objects.owned_by(request.user).count() + 1
    name = typed or (_("First project") if number == 1 else _("Project %(number)d") % {"number": number})
    checked = ProjectForm(data={"project_name": name}, context={"request": request})
    checked.is_valid(raise_exception=True)
    return str(checked.fields_of_model()["name"])


def _refuse_unfinished(form: Said) -> None:
    """Say what is still to be chosen in words for whoever has only just begun, not as a fault."""
    missing: dict[str, str] = {}
    if form["kind"] == "words" and not form["description"].strip():
        missing["description"] = _("Describe the picture that you want.")
    if form["kind"] != "words" and not form["poses"]:
        missing["poses"] = _("Pick at least one pose.")
    if not form["cameras"]:
        missing["cameras"] = _("Choose at least one view.")
    if form["background"] == "upload" and not form["background_picture"]:
        missing["background_picture"] = _("Choose a picture for the background.")
    if missing:
        raise Unfinished(next(iter(missing.values())), fields={name: [text] for name, text in missing.items()})


def _refuse_unpainted(request: HttpRequest, form: Said) -> None:
    """Say that a model is on its way, where the API would say that it cannot be ordered with."""
    chosen = uuid_or_none(form["avatar"])
    unseen = Avatar.objects.owned_by(request.user).filter(pk=chosen, image="").first() if chosen else None
    if unseen and unseen.status in ("pending", "processing"):
        sentence = _("Your model is being painted. The price comes in a moment.")
        raise Unfinished(sentence, fields={"avatar": [sentence]})


def faults(fields: Mapping[str, list[str]], form: Said) -> dict[str, list[str]]:
    """Return the sentences for every field of the form, from a refusal's own; none for most."""
    words = "description" if form["kind"] == "words" else "extra_words"
    names = {**NAMES, "text_prompt": words}
    found = {names.get(name, name): sentences for name, sentences in fields.items()}
    return {name: found.get(name, []) for name in FIELDS}


# ---- Beginning from something ----------------------------------------------------------------------------------------


def like(generation: Generation) -> Said:
    """Return a form that orders the same again, with new seeds."""
    rows = list(generation.results.order_by("number").values_list("pose_id", "yaw", "pitch"))
    upload = generation.background_upload
    in_words = generation.kind == Generation.Kind.TEXT
    shapes = {size: ratio for ratio, size in SIZES.items()}
    return {
        **FIELDS,
        "kind": "words" if in_words else "poses",
        "poses": [] if in_words else [str(pose) for pose in dict.fromkeys(row[0] for row in rows) if pose],
        "description" if in_words else "extra_words": generation.text_prompt,
        "variations": str(generation.batch_size),
        "avatar": str(generation.avatar_id) if generation.avatar_id else NOBODY,
        "cameras": [f"{yaw:g},{pitch:g}" for yaw, pitch in dict.fromkeys(row[1:] for row in rows)],
        "aspect_ratio": shapes.get((generation.width, generation.height), "1:1"),
        "background": generation.background_mode,
        "background_color": generation.background_color or FIELDS["background_color"],
        "background_prompt": generation.background_prompt,
        "background_picture": upload.file if upload and not upload.discarded_at else "",
        "export_formats": list(generation.export_formats),
        "backend": generation.backend,
        "project": str(generation.project_id),
    }


def meant_by(body: Mapping[str, Any]) -> Said:
    """Return the form of a body of `generate` that names one pose and one camera, as a recipe has it. Pure."""
    in_words = body.get("generation_type") == Generation.Kind.TEXT
    camera = body.get("camera") or {"yaw": 0, "pitch": 0}
    same = ("aspect_ratio", "background_prompt", "background_color", "backend")
    return {
        **FIELDS,
        **{name: body[name] for name in same if name in body},
        "kind": "words" if in_words else "poses",
        "poses": list(body.get("selected_pose_ids", [])),
        "description" if in_words else "extra_words": body.get("text_prompt", ""),
        "avatar": body.get("avatar_id", NOBODY),
        "cameras": [f"{camera['yaw']:g},{camera['pitch']:g}"],
        "background": body.get("background_mode", ""),
        "project": body.get("project_id", ""),
        "seed": str(body.get("seed", "")),
    }


# ---- What fits -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fit:
    """A smaller order that the balance pays for."""

    poses: int
    cameras: int
    variations: int

    @property
    def pictures(self) -> int:
        return self.poses * self.cameras * self.variations


def fitting(*, affordable: int, poses: int, cameras: int) -> Fit | None:
    """Return the order nearest to `poses` from `cameras` that has at most `affordable` pictures; None if none has.

    Variations go first, then cameras, then poses.
    """
    if affordable < 1:
        return None
    poses = min(poses, affordable)
    cameras = min(cameras, affordable // poses)
    return Fit(poses, cameras, affordable // (poses * cameras))


def waiting(seconds: int) -> str:
    """Return how long something takes, in words: "about 20 seconds", "about 3 minutes"."""
    if seconds < 90:
        return _("about %(seconds)d seconds") % {"seconds": max(5, round(seconds / 5) * 5)}
    return _("about %(minutes)d minutes") % {"minutes": round(seconds / 60)}
