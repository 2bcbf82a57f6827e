from django.db import migrations, models


class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel(
            name="User",
            fields=[("id", models.AutoField(primary_key=True)), ("email", models.EmailField(max_length=254))],
        ),
    ]
