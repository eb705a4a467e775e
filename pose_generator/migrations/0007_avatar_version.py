from typing import Any

from django.db import migrations, models


def write_the_only_version(apps: Any, schema_editor: Any) -> None:
    """Until now an avatar had one photo."""
    orders = apps.get_model("pose_generator", "Generation").objects
    orders.filter(avatar__isnull=False, avatar_version=None).update(avatar_version=1)


class Migration(migrations.Migration):
    dependencies = [
        ("pose_generator", "0006_wishes_and_favourites"),
        ("credits", "0006_answer"),
    ]

    operations = [
        migrations.AddField(
            model_name="generation",
            name="avatar_version",
            field=models.PositiveIntegerField(blank=True, help_text="Of the avatar's photo when ordered.", null=True),
        ),
        migrations.RunPython(write_the_only_version, migrations.RunPython.noop),
        # The model stands in credits now; its table stays as it is.
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("Answer")]),
    ]
