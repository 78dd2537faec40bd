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
from backend.donations.operations.attempts import purge_attempts
from backend.donations.operations.expiring import expire_due, let_go
from backend.donations.operations.gathering import (
    NoSuchGathering,
    OneAtATime,
    cancel_gathering,
    gather_due,
    start_gathering,
)
from backend.donations.operations.giving_up import TooLateToTakeBack, give_back_due
from backend.donations.operations.goods import (
    TooFewSourced,
    claim_goods,
    put_off_goods,
    release_goods,
    reopen_goods,
)
from backend.donations.operations.linking import renew_link
from backend.donations.operations.paying import (
    AmountDiffers,
    NoSuchPayment,
    Receipt,
    purge_notices,
    receive_notice,
    sync,
)
from backend.donations.operations.placing import (
    NoSuchGift,
    PlacedGift,
    TooManyFailures,
    place,
    place_soon,
    presented,
    start_payment,
)
from backend.donations.operations.refunding import pay_refunds, take_back
from backend.donations.operations.reviewing import (
    AlreadyDecided,
    NoSuchReview,
    hold,
    release_held,
    send_back_held,
)
from backend.donations.operations.sharing import NotShared, end_share, share
from backend.donations.rules import Choice, DonorDetail, GiftLine, QuestionKind, ReviewReason
from backend.donations.writer import Busy

__all__ = [
    "AlreadyAnswered",
    "AlreadyDecided",
    "AmountDiffers",
    "Busy",
    "Choice",
    "DonorDetail",
    "GiftLine",
    "NoSuchGathering",
    "NoSuchGift",
    "NoSuchPayment",
    "NoSuchQuestion",
    "NoSuchReview",
    "NotAChoice",
    "NotDue",
    "NotShared",
    "OneAtATime",
    "PlacedGift",
    "QuestionKind",
    "Receipt",
    "ReviewReason",
    "TooFewSourced",
    "TooLateToTakeBack",
    "TooManyFailures",
    "answer",
    "ask",
    "ask_for_stopped",
    "cancel_gathering",
    "claim_goods",
    "close_due_questions",
    "end_share",
    "expire_due",
    "gather_due",
    "give_back_due",
    "hold",
    "let_go",
    "open_payment_account",
    "pay_refunds",
    "place",
    "place_soon",
    "presented",
    "purge_attempts",
    "purge_notices",
    "put_off_goods",
    "receive_notice",
    "release_goods",
    "release_held",
    "renew_link",
    "reopen_goods",
    "send_back_held",
    "share",
    "start_gathering",
    "start_payment",
    "sync",
    "take_back",
]
