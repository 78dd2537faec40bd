"""What is asked for. An appeal goes live only when the law's fields are all set (a check keeps this)."""

from django.db import models
from django.db.models import F, Q

from backend.catalogue.models import Item
from backend.kernel.models import PublicIdField, one_of
from backend.ledger.models import Account
from backend.needs.rules import AppealState, RemainderRule
from backend.parties.models import Charity, Recipient

LEGAL_TEXTS = ("area", "person_in_charge", "beneficiaries", "use", "cost_share", "filing_no")


class Appeal(models.Model):
    public_id = PublicIdField(prefix="apl")
    number = models.CharField(max_length=24, unique=True)
    charity = models.ForeignKey(Charity, on_delete=models.PROTECT, related_name="appeals", db_index=False)
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="appeals")
    currency = models.CharField(max_length=3, default="CNY")
    titles = models.JSONField()
    purpose = models.JSONField(default=dict)
    words = models.JSONField(default=dict, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    needed_on = models.DateField(null=True, blank=True)
    area = models.CharField(max_length=120, blank=True, default="")
    person_in_charge = models.CharField(max_length=80, blank=True, default="")
    beneficiaries = models.CharField(max_length=200, blank=True, default="")
    use = models.CharField(max_length=400, blank=True, default="")
    cost_share = models.CharField(max_length=200, blank=True, default="")
    remainder_rule = models.CharField(max_length=24, blank=True, default="")
    filing_no = models.CharField(max_length=60, blank=True, default="")
    translations = models.JSONField(
        default=dict, blank=True
    )  # language: field of law: words; the columns count
    state = models.CharField(max_length=8, default=AppealState.DRAFT.value)
    opened_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            one_of("state", AppealState, "appeal_state"),
            models.CheckConstraint(
                condition=Q(remainder_rule="") | Q(remainder_rule__in=[r.value for r in RemainderRule]),
                name="appeal_remainder_rule",
            ),
            models.CheckConstraint(
                condition=~Q(state=AppealState.LIVE.value)
                | (
                    Q(starts_at__isnull=False, ends_at__isnull=False, opened_at__isnull=False)
                    & Q(purpose__has_key="zh-Hans")
                    & ~Q(remainder_rule="")
                    & ~Q(area="")
                    & ~Q(person_in_charge="")
                    & ~Q(beneficiaries="")
                    & ~Q(use="")
                    & ~Q(cost_share="")
                    & ~Q(filing_no="")
                ),
                name="live_appeal_is_lawful",
            ),
            models.UniqueConstraint(fields=["charity", "id"], name="appeal_charity_key"),
        ]
        indexes = [models.Index(fields=["state", "needed_on"], name="appeal_urgency")]

    def __str__(self) -> str:
        return self.number


class NeedLine(models.Model):
    """So many of one item for one recipient. `reserved` is claimed by gifts, `received` was counted."""

    public_id = PublicIdField(prefix="nee")
    appeal = models.ForeignKey(Appeal, on_delete=models.PROTECT, related_name="lines")
    charity = models.ForeignKey(Charity, on_delete=models.PROTECT, db_index=False)
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="need_lines")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="need_lines")
    wanted = models.PositiveIntegerField()
    reserved = models.PositiveIntegerField(default=0)
    received = models.PositiveIntegerField(default=0)
    unit_price = models.BigIntegerField()
    ceiling_price = models.BigIntegerField()
    shareable = models.BooleanField(default=False)
    stopped_at = models.DateTimeField(null=True, blank=True)
    remainder = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(reserved__lte=F("wanted")), name="need_not_oversold"),
            models.CheckConstraint(condition=Q(wanted__gt=0), name="need_wants_something"),
            models.CheckConstraint(
                condition=Q(unit_price__gt=0, ceiling_price__gte=F("unit_price")), name="need_priced"
            ),
            models.UniqueConstraint(fields=["appeal", "recipient", "item"], name="need_once"),
            models.UniqueConstraint(fields=["charity", "id"], name="need_charity_key"),
        ]
