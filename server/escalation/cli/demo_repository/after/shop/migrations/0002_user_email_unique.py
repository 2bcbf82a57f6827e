from django.db import migrations, models


def deduplicate(apps, schema_editor):
    User = apps.get_model("shop", "User")
    seen = set()
    for user in User.objects.order_by("id"):
        if user.email in seen:
            user.delete()
        seen.add(user.email)


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunPython(deduplicate),
        migrations.AlterField("User", "email", models.EmailField(max_length=254, unique=True)),
        migrations.RemoveField("User", "legacy_name"),
    ]
