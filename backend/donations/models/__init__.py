"""Money joins: DonationLine > Funding > FundedLine. From there goods only split."""

from backend.donations.models.gathering import Gathering, Wish
from backend.donations.models.gift import (
    Checkout,
    Detail,
    Donation,
    DonationLine,
    FundedLine,
    Funding,
    Payment,
    PaymentAccount,
    PaymentNotice,
    Question,
    Receipt,
    Refund,
    RefundLine,
)
from backend.donations.models.review import Attempt, Review
from backend.donations.models.share import Share

__all__ = [
    "Attempt",
    "Checkout",
    "Detail",
    "Donation",
    "DonationLine",
    "FundedLine",
    "Funding",
    "Gathering",
    "Payment",
    "PaymentAccount",
    "PaymentNotice",
    "Question",
    "Receipt",
    "Refund",
    "RefundLine",
    "Review",
    "Share",
    "Wish",
]
