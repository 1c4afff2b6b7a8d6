"""A form's key belongs to one text; the form's Markdown is kept when a text is rendered."""

from django.db import migrations, models

RENDER_ANEW = "UPDATE proposals_document SET rendered_seq = 0"  # the job does, within a minute


class Migration(migrations.Migration):
    dependencies = [("proposals", "0002_freezes")]

    operations = [
        migrations.RemoveConstraint(model_name="update", name="one_update_per_form"),
        migrations.AddConstraint(
            model_name="update",
            constraint=models.UniqueConstraint(
                fields=("document", "author", "key"), name="one_update_per_form"
            ),
        ),
        migrations.AddField(
            model_name="document",
            name="source",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
        migrations.RunSQL(RENDER_ANEW, migrations.RunSQL.noop),
    ]
