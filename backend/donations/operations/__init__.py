"""What happens to gifts: placed, paid, expired, bought, asked about, sent back."""

from backend.donations.operations.accounts import open_payment_account
from backend.donations.operations.asking import (
    AlreadyAnswered,
    NoSuchQuestion,
    NotAChoice,
    NotDue,
    answer,
    ask,
    ask_for_stopped,
    close_due_questions,
)
from backend.donations.operations.expiring import expire_due
from backend.donations.operations.goods import TooFewSourced, claim_goods, release_goods, reopen_goods
from backend.donations.operations.linking import renew_link
from backend.donations.operations.paying import AmountDiffers, NoSuchPayment, Receipt, receive_notice, sync
from backend.donations.operations.placing import NoSuchGift, PlacedGift, place, presented, start_payment
from backend.donations.operations.refunding import TooLateToTakeBack, pay_refunds, take_back
from backend.donations.rules import Choice, DonorDetail, GiftLine, QuestionKind
from backend.donations.writer import Busy

__all__ = [
    "AlreadyAnswered",
    "AmountDiffers",
    "Busy",
    "Choice",
    "DonorDetail",
    "GiftLine",
    "NoSuchGift",
    "NoSuchPayment",
    "NoSuchQuestion",
    "NotAChoice",
    "NotDue",
    "PlacedGift",
    "QuestionKind",
    "Receipt",
    "TooFewSourced",
    "TooLateToTakeBack",
    "answer",
    "ask",
    "ask_for_stopped",
    "claim_goods",
    "close_due_questions",
    "expire_due",
    "open_payment_account",
    "pay_refunds",
    "place",
    "presented",
    "receive_notice",
    "release_goods",
    "renew_link",
    "reopen_goods",
    "start_payment",
    "sync",
    "take_back",
]
