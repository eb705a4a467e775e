from django.db import migrations

from lumiku import triggers

RULES = triggers.append_only("credits_entry")


class Migration(migrations.Migration):
    dependencies = [("credits", "0001_initial")]

    operations = [triggers.install(RULES)]
