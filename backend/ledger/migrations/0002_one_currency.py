from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_core_tables")]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE ledger_transfer
                ADD CONSTRAINT transfer_debit_currency FOREIGN KEY (debit_id, currency)
                    REFERENCES ledger_account (id, currency) DEFERRABLE INITIALLY DEFERRED,
                ADD CONSTRAINT transfer_credit_currency FOREIGN KEY (credit_id, currency)
                    REFERENCES ledger_account (id, currency) DEFERRABLE INITIALLY DEFERRED;
            """,
            """
            ALTER TABLE ledger_transfer
                DROP CONSTRAINT transfer_debit_currency, DROP CONSTRAINT transfer_credit_currency;
            """,
        )
    ]
