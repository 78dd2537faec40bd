"""Accounts and transfers. A transfer is one row, so the books balance by construction."""

from django.db import models
from django.db.models import F, Q

from backend.journal.models import Entry
from backend.kernel.models import one_of
from backend.ledger.rules import AccountKind, CostClass, TransferKind
from backend.parties.models import Charity, Organisation


class Account(models.Model):
    charity = models.ForeignKey(Charity, on_delete=models.PROTECT, related_name="accounts")
    kind = models.CharField(max_length=16)
    currency = models.CharField(max_length=3, default="CNY")
    owner = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, blank=True)

    class Meta:
        constraints = [
            one_of("kind", AccountKind, "account_kind"),
            models.UniqueConstraint(
                fields=["charity", "kind", "currency", "owner"], nulls_distinct=False, name="account_once"
            ),
            models.UniqueConstraint(fields=["id", "currency"], name="account_currency_key"),
        ]


class Transfer(models.Model):
    """`amount` (minor units) moves from the credit account's to the debit account's side. Never changed."""

    debit = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="debits")
    credit = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="credits")
    currency = models.CharField(max_length=3, default="CNY")
    amount = models.BigIntegerField()
    kind = models.CharField(max_length=20)
    cost_class = models.CharField(max_length=12, default=CostClass.NONE.value)
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT)
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True)
    happened_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="transfer_positive"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="transfer_between_two"),
            one_of("kind", TransferKind, "transfer_kind"),
            one_of("cost_class", CostClass, "transfer_cost_class"),
        ]


class Balance(models.Model):
    """Debits less credits of an account up to the end of a day, rolled up by a task."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="balances")
    on = models.DateField()
    amount = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "on"], name="balance_once")]
