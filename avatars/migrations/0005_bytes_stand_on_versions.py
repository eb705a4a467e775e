from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("avatars", "0004_first_versions")]

    operations = [migrations.RemoveField("avatar", "bytes")]
