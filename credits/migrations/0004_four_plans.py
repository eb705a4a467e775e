from typing import Any

from django.db import migrations

PLANS = [
    {"key": "free", "name": "Free", "price": 0},
    {"key": "basic", "name": "Basic", "price": 99_000, "monthly_credits": 1_000, "priority": 1},
    {
        "key": "pro",
        "name": "Pro",
        "price": 299_000,
        "monthly_credits": 3_300,
        "is_premium": True,
        "priority": 1,
    },
    {
        "key": "unlimited",
        "name": "Unlimited",
        "price": 499_000,
        "daily_poses": 100,
        "is_premium": True,
        "priority": 1,
    },
]


def make(apps: Any, schema_editor: Any) -> None:
    """Make the plans that are sold; what an operator changes later stays."""
    plans = apps.get_model("credits", "Plan").objects
    for plan in PLANS:
        plans.get_or_create(key=plan["key"], defaults=plan)


class Migration(migrations.Migration):
    dependencies = [("credits", "0003_plans_quota_and_expiry")]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
