from typing import Any

from django.db import migrations


def write_first_versions(apps: Any, schema_editor: Any) -> None:
    """Give each avatar that has a photo the version that it shows."""
    avatars, versions = (apps.get_model("avatars", name) for name in ("Avatar", "AvatarVersion"))
    known = ("pk", "version", "image", "thumbnail", "bytes", "created_at")
    rows = avatars.objects.exclude(image="").values_list(*known)
    versions.objects.bulk_create(
        (
            versions(avatar_id=pk, number=number, image=image, thumbnail=thumbnail, bytes=size, created_at=at)
            for pk, number, image, thumbnail, size, at in rows.iterator()
        ),
        batch_size=500,
    )


class Migration(migrations.Migration):
    dependencies = [("avatars", "0003_versions_and_portraits")]

    # Of its own: PostgreSQL changes no table that has rows with checks to come in the same transaction.
    operations = [migrations.RunPython(write_first_versions, migrations.RunPython.noop)]
