from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("donations", "0001_core_tables")]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE donations_donationline ADD CONSTRAINT gift_line_charity_of_gift
                FOREIGN KEY (donation_id, charity_id) REFERENCES donations_donation (id, charity_id)
                DEFERRABLE INITIALLY DEFERRED;
            ALTER TABLE donations_fundedline ADD CONSTRAINT funded_line_charity_of_need
                FOREIGN KEY (need_line_id, charity_id) REFERENCES needs_needline (id, charity_id)
                DEFERRABLE INITIALLY DEFERRED;
            """,
            """
            ALTER TABLE donations_donationline DROP CONSTRAINT gift_line_charity_of_gift;
            ALTER TABLE donations_fundedline DROP CONSTRAINT funded_line_charity_of_need;
            """,
        )
    ]
