"""The seller of the demo: from the registration to the receipt, only with what the API offers everybody.

Each step prints a line that a newcomer can follow; whatever is refused, late or wrong is raised.
"""

import secrets
import time
import uuid
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from rich.console import Console

from lumiku.management.demo import order, report
from lumiku.management.demo.client import Client
from lumiku.management.demo.order import DemoError
from lumiku.management.stack import Stack

API = "/api/apps/pose-generator"
SARI = {
    "name": "Sari",
    "gender": "female",
    "ageRange": "young",
    "ethnicity": "Indonesian",
    "skinTone": "medium",
    "hairStyle": "long wavy",
    "hairColor": "black",
    "eyeColor": "brown",
    "style": "mustard blouse with jeans",
}
_VARIATIONS, _CREDITS, _BACKGROUND = 2, 500, "#F3D9C4"
#: A square for the feed, a tall one, and what a market place wants.
_FORMATS = ("instagram_feed", "instagram_story", "shopee_product")


class Seller:
    """Orders from `backend` by `client` and waits `patience` seconds for the pictures, which go to the folder `out`."""

    def __init__(self, client: Client, console: Console, *, backend: str, patience: int, out: Path) -> None:
        self.client, self.console = client, console
        self.backend, self.patience, self.out = backend, patience, out

    def register(self, stack: Stack) -> None:
        """Make an account; an operator of `stack` gives it credits."""
        email, password = f"seller-{secrets.token_hex(4)}@example.com", secrets.token_urlsafe(16)
        user = self.client.register(email=email, password=password, name="Demo Shop")
        stack.manage("grant_credits", email, str(_CREDITS), "--reason", "Credits to try Lumiku with", "--skip-checks")
        self._say(f"Registered {email}: {user['creditBalance']} credits as a bonus, {_CREDITS} from an operator.")

    def order(self) -> list[Path]:
        """Order, follow, save and settle; return the pictures. Raise DemoError unless all is well with all of them."""
        poses = self._browse()
        body = self._quote(poses)
        before = self.client.get("/api/credits/balance")["balance"]
        placed = self.client.post(f"{API}/generate", body, idempotency_key=str(uuid.uuid4()))
        self._say(f"Ordered: {placed['totalPosesExpected']} pictures, {placed['creditCharged']} credits are held.")
        names = {pose["id"]: pose["name"] for pose in poses}
        status = self._follow(placed["generationId"], total=placed["totalPosesExpected"], names=names)
        pictures = self._save(placed["generationId"], names)
        if pictures:
            self._export(placed["generationId"], pictures=len(pictures))
        self._settle(placed, before=before)
        if status != "completed":
            raise DemoError(f"the order ended as {status}: see the reasons above and the log of the worker")
        return pictures

    def _say(self, text: str) -> None:
        self.console.print(text, markup=False, soft_wrap=True)

    def _browse(self) -> list[Mapping[str, Any]]:
        page = self.client.get(f"{API}/library", limit=100)
        poses = order.choose_poses(page["poses"])
        chosen = ", ".join(f"{pose['name']} ({pose['category']['displayName']})" for pose in poses)
        self._say(f"The library has {page['pagination']['total']} poses. Chosen: {chosen}.")
        return poses

    def _quote(self, poses: list[Mapping[str, Any]]) -> dict[str, Any]:
        """Return the order, with the quoted price as the one that is expected."""
        body: dict[str, Any] = {
            "projectId": self._project(portrait_of=poses[0]),
            "generationType": "GALLERY_REFERENCE",
            "selectedPoseIds": [pose["id"] for pose in poses],
            "batchSize": _VARIATIONS,
            "backend": self.backend,
            "exportFormats": list(_FORMATS),
        }
        quote = self.client.post(f"{API}/quote", body)
        if "background" in quote["backend"]["supports"]:
            body |= {"useBackgroundChanger": True, "backgroundMode": "solid_color", "backgroundColor": _BACKGROUND}
            quote = self.client.post(f"{API}/quote", body)
        for line in report.quote_lines(quote):
            self._say(line)
        return {**body, "expectedCredits": quote["total"]}

    def _project(self, *, portrait_of: Mapping[str, Any]) -> str:
        """Make the avatar and a project with it; return the id of the project."""
        photo = order.portrait(self.client.download(portrait_of["previewImageUrl"]))
        avatar = self.client.upload("/api/apps/avatar-creator/avatars", photo, **SARI)["avatar"]
        body = {"projectName": "Spring collection", "avatarId": avatar["id"]}
        project = self.client.post(f"{API}/projects", body)["project"]
        self._say(f"Made the avatar {avatar['name']} from a photo, and the project {project['projectName']} with it.")
        return project["id"]

    def _follow(self, generation_id: str, *, total: int, names: Mapping[str, str]) -> str:
        """Show the order's news until it ends and return how it ended."""
        news = self.client.events(until=time.monotonic() + self.patience)
        with closing(news), report.progress_bar(self.console) as bar:
            task = bar.add_task("", total=total, failed=0, eta=None)
            for event in news:
                data = event["data"]
                if data.get("generationId") != generation_id:
                    continue
                ended = data["completed"] + data["failed"]
                bar.update(task, completed=ended, failed=data["failed"], eta=data["etaSeconds"])
                if pose := data.get("pose"):
                    line = report.picture_line(pose, names[pose["poseLibraryId"]], ended=ended, total=total)
                    self._say(line)
                elif data["type"] != "started":
                    return str(data["type"])
        raise AssertionError("the events end only by an exception")

    def _save(self, generation_id: str, names: Mapping[str, str]) -> list[Path]:
        """Save the finished pictures, each checked, and return where they are."""
        results = self.client.get(f"{API}/generations/{generation_id}/results")["results"]
        seen: set[bytes] = set()
        paths = []
        for result in (result for result in results if result["status"] == "completed"):
            data = self.client.download(result["outputImageUrl"])
            name = order.file_name(result, names[result["poseLibraryId"]])
            suffix = order.checked_picture(data, seen=seen, what=f"the picture {name}")
            paths.append(self.out / f"{name}{suffix}")
            paths[-1].write_bytes(data)
        return paths

    def _export(self, generation_id: str, *, pictures: int) -> None:
        """Save the archive of all exports, checked: every picture in every format, and the manifest."""
        archive = self.out / "exports.zip"
        archive.write_bytes(self.client.download(f"{API}/generations/{generation_id}/export-zip"))
        order.check_archive(archive, pictures=pictures, formats=_FORMATS)
        self._say(f"Exported to {', '.join(_FORMATS)}: {archive}, {archive.stat().st_size / 1e6:.1f} MB.")

    def _settle(self, placed: Mapping[str, Any], *, before: int) -> None:
        """Show the receipt and check its sums against the price and the balances."""
        receipt = self.client.get(f"{API}/generations/{placed['generationId']}/receipt")
        after = self.client.get("/api/credits/balance")
        self.console.print(report.receipt_table(receipt))
        self._say(f"Balance: {before} credits before the order, {after['balance']} after it, {after['held']} held.")
        order.check_receipt(receipt, price=placed["creditCharged"], before=before, after=after)
