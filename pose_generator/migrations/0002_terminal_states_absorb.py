from django.db import migrations

from lumiku import triggers

ENDED = "OLD.status IN ('completed', 'partial', 'failed', 'cancelled') AND NEW.status <> OLD.status"
RULES = [
    triggers.Rule("result_terminal_status_absorbs", "pose_generator_result", "UPDATE", ENDED),
    triggers.Rule("generation_terminal_status_absorbs", "pose_generator_generation", "UPDATE", ENDED),
]


class Migration(migrations.Migration):
    dependencies = [("pose_generator", "0001_initial")]

    operations = [triggers.install(RULES)]
