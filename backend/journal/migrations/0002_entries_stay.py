from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_core_tables")]

    operations = [
        migrations.RunSQL(
            """
            CREATE FUNCTION journal_entry_stays() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF TG_OP = 'DELETE' THEN
                    RAISE EXCEPTION 'journal entries are never deleted' USING ERRCODE = 'restrict_violation';
                END IF;
                IF NEW.private IS NOT NULL AND NEW.private IS DISTINCT FROM OLD.private
                   OR NEW.salt IS NOT NULL AND NEW.salt IS DISTINCT FROM OLD.salt
                   OR (to_jsonb(NEW) - 'private' - 'salt') IS DISTINCT FROM (to_jsonb(OLD) - 'private' - 'salt')
                THEN
                    RAISE EXCEPTION 'journal entries are never changed, only their private part is erased'
                        USING ERRCODE = 'restrict_violation';
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER journal_entry_stays BEFORE UPDATE OR DELETE ON journal_entry
                FOR EACH ROW EXECUTE FUNCTION journal_entry_stays();
            """,
            "DROP TRIGGER journal_entry_stays ON journal_entry; DROP FUNCTION journal_entry_stays();",
        ),
        migrations.RunSQL(
            """
            CREATE FUNCTION journal_entry_waits() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                INSERT INTO journal_unplaced (entry_id) SELECT id FROM written;
                RETURN NULL;
            END $$;
            CREATE TRIGGER journal_entry_waits AFTER INSERT ON journal_entry
                REFERENCING NEW TABLE AS written
                FOR EACH STATEMENT EXECUTE FUNCTION journal_entry_waits();
            ALTER TABLE journal_unplaced SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
            """,
            "DROP TRIGGER journal_entry_waits ON journal_entry; DROP FUNCTION journal_entry_waits();",
        ),
    ]
