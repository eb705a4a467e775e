from django.db import migrations

from lumiku import triggers

RULES = triggers.append_only("events_event", deletable=True)


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial")]

    operations = [triggers.install(RULES)]
