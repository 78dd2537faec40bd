"""Money joins: DonationLine > Funding > FundedLine. From there goods only split."""

from django.db import models
from django.db.models import F, Q

from backend.donations.rules import (
    GiftStatus,
    LineKind,
    PaymentStatus,
    QuestionKind,
    RefundStatus,
    Source,
    UnitState,
)
from backend.kernel.models import Leased, PublicIdField, one_of
from backend.needs.models import Appeal, NeedLine
from backend.parties.models import Charity, Organisation, User


class Checkout(models.Model):
    """One basket of one visitor: one Donation and one Payment per charity."""

    client = models.CharField(max_length=80)
    key = models.CharField(max_length=120)
    fingerprint = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="checkout_once")]


class Donation(models.Model):
    """One visitor's gift to one charity. Every gift writes each index, so columns that begin another index
    (checkout, charity) or that nobody looks up by (payer) have none of their own. An index by charity alone would
    be taken to check the key (donation, charity) by a plan made while there were few gifts.
    """

    public_id = PublicIdField(prefix="don")
    checkout = models.ForeignKey(
        Checkout, on_delete=models.PROTECT, null=True, related_name="donations", db_index=False
    )
    charity = models.ForeignKey(Charity, on_delete=models.PROTECT, related_name="donations", db_index=False)
    currency = models.CharField(max_length=3, default="CNY")
    user = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="donations", db_index=False
    )
    payer = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    source = models.CharField(max_length=8, default=Source.GATEWAY.value)
    external_ref = models.CharField(max_length=80, null=True)
    amount = models.BigIntegerField()
    status = models.CharField(max_length=12, default=GiftStatus.PLACED.value)
    placed_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    order_after = models.DateTimeField(null=True)
    link_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            one_of("status", GiftStatus, "donation_status"),
            one_of("source", Source, "donation_source"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="donation_positive"),
            models.UniqueConstraint(fields=["checkout", "charity"], name="donation_per_charity"),
            models.UniqueConstraint(
                fields=["charity", "source", "external_ref"],
                condition=Q(external_ref__isnull=False),
                name="donation_external_once",
            ),
            models.UniqueConstraint(fields=["charity", "id"], name="donation_charity_key"),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="donation_to_expire", condition=Q(status="placed")),
            models.Index(
                fields=["user", "-placed_at"], name="donation_of_user", condition=Q(user__isnull=False)
            ),
        ]


class Detail(models.Model):
    """Personal data of a gift. Every column may be emptied."""

    donation = models.OneToOneField(
        Donation, on_delete=models.CASCADE, primary_key=True, related_name="detail"
    )
    name = models.CharField(max_length=80, blank=True, default="")
    mail = models.EmailField(blank=True, default="")
    phone = models.CharField(max_length=20, blank=True, default="")
    honouree = models.CharField(max_length=80, blank=True, default="")
    message = models.CharField(max_length=400, blank=True, default="")
    language = models.CharField(max_length=10, blank=True, default="zh-hans")


class DonationLine(models.Model):
    """Money for one thing. directed + refunded <= amount; `promise` is what the donor chose before paying.

    One key of both, (donation, charity) to the gift's own (0002), stands for the two keys of the columns:
    the database checks one instead of three for every line of a crowd.
    """

    donation = models.ForeignKey(
        Donation, on_delete=models.PROTECT, related_name="lines", db_constraint=False
    )
    charity = models.ForeignKey(Charity, on_delete=models.PROTECT, db_index=False, db_constraint=False)
    kind = models.CharField(max_length=8, default=LineKind.NEED.value)
    need_line = models.ForeignKey(NeedLine, on_delete=models.PROTECT, null=True, related_name="gift_lines")
    appeal = models.ForeignKey(
        Appeal, on_delete=models.PROTECT, null=True, related_name="gift_lines", db_index=False
    )
    quantity = models.PositiveIntegerField(null=True)
    amount = models.BigIntegerField()
    directed = models.BigIntegerField(default=0)
    refunded = models.BigIntegerField(default=0)
    promise = models.JSONField(default=dict)

    class Meta:
        constraints = [
            one_of("kind", LineKind, "gift_line_kind"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, directed__gte=0, refunded__gte=0)
                & Q(directed__lte=F("amount") - F("refunded")),
                name="gift_line_not_overspent",
            ),
            models.CheckConstraint(
                condition=Q(kind=LineKind.NEED.value, need_line__isnull=False)
                | (~Q(kind=LineKind.NEED.value) & Q(need_line__isnull=True)),
                name="gift_line_need",
            ),
        ]


class FundedLine(models.Model):
    """Whole units of one need to buy. `due_at` is set when the money is there; see rules.UnitState.

    sourced: units that supplier orders hold; held: units that wait for the donor's word;
    released: units given up (money back or redirected); reopened: units to supply once more because
    they came short or broken. Due: quantity + reopened - released - held - sourced.
    The key (need_line, charity) to the need's own (0002) stands for the two keys of the columns.
    """

    public_id = PublicIdField(prefix="fun")
    need_line = models.ForeignKey(
        NeedLine, on_delete=models.PROTECT, related_name="funded_lines", db_constraint=False
    )
    charity = models.ForeignKey(Charity, on_delete=models.PROTECT, db_index=False, db_constraint=False)
    quantity = models.PositiveIntegerField()
    unit_price = models.BigIntegerField()
    amount = models.BigIntegerField()
    filled = models.BigIntegerField(default=0)
    sourced = models.PositiveIntegerField(default=0)
    held = models.PositiveIntegerField(default=0)
    released = models.PositiveIntegerField(default=0)
    reopened = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=12, default=UnitState.GATHERING.value)
    due_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            one_of("state", UnitState, "funded_line_state"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, unit_price__gt=0, amount=F("quantity") * F("unit_price")),
                name="funded_line_amount",
            ),
            models.CheckConstraint(
                condition=Q(filled__gte=0, filled__lte=F("amount")), name="funded_line_filled"
            ),
            models.CheckConstraint(
                condition=~Q(state=UnitState.FUNDED.value) | Q(filled=F("amount")), name="funded_is_full"
            ),
            models.CheckConstraint(
                condition=Q(sourced__lte=F("quantity") + F("reopened") - F("released") - F("held")),
                name="funded_line_not_oversourced",
            ),
            # what came short was sourced and stays so: with the check above, released + held <= quantity
            models.CheckConstraint(
                condition=Q(reopened__lte=F("sourced")), name="funded_line_lost_were_sourced"
            ),
            models.UniqueConstraint(
                fields=["need_line"], condition=Q(state=UnitState.GATHERING.value), name="one_gathering_line"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="funded_line_due",
                condition=Q(state="funded", due_at__isnull=False)
                & Q(sourced__lt=F("quantity") + F("reopened") - F("released") - F("held")),
            )
        ]


class Funding(models.Model):
    """Which gift paid how much of which units."""

    line = models.ForeignKey(DonationLine, on_delete=models.PROTECT, related_name="fundings")
    funded_line = models.ForeignKey(FundedLine, on_delete=models.PROTECT, related_name="fundings")
    amount = models.BigIntegerField()
    released = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, released__gte=0, released__lte=F("amount")), name="funding_amount"
            )
        ]


class PaymentAccount(models.Model):
    """The charity's own merchant account with a gateway; `secret_ref` names a setting, never a secret."""

    charity = models.ForeignKey(Charity, on_delete=models.PROTECT, related_name="payment_accounts")
    gateway = models.CharField(max_length=16)
    merchant_no = models.CharField(max_length=64)
    secret_ref = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["gateway", "merchant_no"], name="merchant_once")]


class Payment(models.Model):
    donation = models.ForeignKey(Donation, on_delete=models.PROTECT, related_name="payments")
    account = models.ForeignKey(
        PaymentAccount, on_delete=models.PROTECT, related_name="payments", db_index=False
    )
    merchant_ref = models.CharField(max_length=64)
    gateway_ref = models.CharField(max_length=80, null=True)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3, default="CNY")
    refunded = models.BigIntegerField(default=0)
    payer = models.CharField(max_length=64, null=True)  # our digest of the gateway's mark of the card
    status = models.CharField(max_length=8, default=PaymentStatus.CREATED.value)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            one_of("status", PaymentStatus, "payment_status"),
            models.UniqueConstraint(fields=["account", "merchant_ref"], name="merchant_ref_once"),
            models.UniqueConstraint(
                fields=["account", "gateway_ref"],
                condition=Q(gateway_ref__isnull=False),
                name="gateway_ref_once",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0, refunded__gte=0, refunded__lte=F("amount")), name="payment_amount"
            ),
        ]
        indexes = [models.Index(fields=["payer"], name="payment_of_payer", condition=Q(payer__isnull=False))]


class PaymentNotice(models.Model):
    """A gateway's notice that was believed, once."""

    account = models.ForeignKey(PaymentAccount, on_delete=models.PROTECT)
    notice_id = models.CharField(max_length=80)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "notice_id"], name="notice_once")]


class Refund(Leased):
    """Money on its way back. The gateway is called outside the transaction, by key, as often as needed."""

    public_id = PublicIdField(prefix="ref")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    key = models.CharField(max_length=120, unique=True)
    amount = models.BigIntegerField()
    status = models.CharField(max_length=8, default=RefundStatus.ASKED.value)
    reason = models.CharField(max_length=80, blank=True, default="")
    failure = models.CharField(max_length=200, blank=True, default="")
    tries = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            one_of("status", RefundStatus, "refund_status"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_positive"),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="refund_due", condition=Q(status__in=["asked", "failed"]))
        ]


class RefundLine(models.Model):
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="lines")
    line = models.ForeignKey(DonationLine, on_delete=models.PROTECT, related_name="refund_lines")
    amount = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="refund_line_positive")]


class Question(models.Model):
    """Something only the donor can decide, with a fallback and a date by which it is taken."""

    public_id = PublicIdField(prefix="que")
    funded_line = models.ForeignKey(FundedLine, on_delete=models.PROTECT, related_name="questions")
    kind = models.CharField(max_length=16)
    quantity = models.PositiveIntegerField()
    choices = models.JSONField()
    fallback = models.CharField(max_length=16)
    answer_by = models.DateTimeField()
    answer = models.CharField(max_length=16, null=True)
    answered_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField()

    class Meta:
        constraints = [
            one_of("kind", QuestionKind, "question_kind"),
            models.UniqueConstraint(
                fields=["funded_line", "kind"], condition=Q(answer__isnull=True), name="one_open_question"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="question_asks"),
        ]
        indexes = [models.Index(fields=["answer_by"], name="question_due", condition=Q(answer__isnull=True))]


class Receipt(models.Model):
    charity = models.ForeignKey(Charity, on_delete=models.PROTECT)
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    donation = models.ForeignKey(Donation, on_delete=models.PROTECT, related_name="receipts")
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True)
    issued_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["charity", "year", "number"], name="receipt_once")]
