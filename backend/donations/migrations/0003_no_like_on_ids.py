from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("donations", "0002_one_charity")]

    operations = [
        migrations.RunSQL(
            """
            -- Django adds an index for LIKE to every unique text. Nobody asks for a part of a public id,
            -- and every gift would write it.
            DO $$
            DECLARE unused regclass;
            BEGIN
                FOR unused IN
                    SELECT indexrelid::regclass FROM pg_index
                    WHERE indrelid IN ('donations_donation'::regclass, 'donations_fundedline'::regclass)
                      AND pg_get_indexdef(indexrelid) LIKE '%(public_id varchar_pattern_ops)'
                LOOP
                    EXECUTE 'DROP INDEX ' || unused;
                END LOOP;
            END $$;
            """,
            migrations.RunSQL.noop,
        )
    ]
