from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("parties", "0001_core_tables")]

    operations = [
        migrations.RunSQL(
            # int8range stands in for btree_gist, which the embedded server does not have
            """
            ALTER TABLE parties_closure ADD CONSTRAINT closures_of_a_site_part
                EXCLUDE USING gist (int8range(site_id, site_id, '[]') WITH &&, during WITH &&);
            """,
            "ALTER TABLE parties_closure DROP CONSTRAINT closures_of_a_site_part;",
        )
    ]
