from django.db import migrations

from lumiku import triggers

RULES = [*triggers.append_only("credits_membership"), *triggers.append_only("credits_quotause")]


class Migration(migrations.Migration):
    dependencies = [("credits", "0004_four_plans")]

    operations = [triggers.install(RULES)]
