from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("needs", "0001_core_tables")]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE needs_needline ADD CONSTRAINT need_charity_of_appeal
                FOREIGN KEY (appeal_id, charity_id) REFERENCES needs_appeal (id, charity_id)
                DEFERRABLE INITIALLY DEFERRED;
            """,
            """
            ALTER TABLE needs_needline DROP CONSTRAINT need_charity_of_appeal;
            """,
        )
    ]
