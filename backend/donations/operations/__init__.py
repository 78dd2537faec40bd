"""What happens to gifts: placed, paid, expired, bought, asked about, sent back."""

from backend.donations.operations.goods import TooFewSourced, claim_goods, release_goods, reopen_goods
from backend.donations.operations.paying import AmountDiffers, NoSuchPayment, Receipt, receive_notice, sync
from backend.donations.operations.placing import PlacedGift, place, start_payment
from backend.donations.rules import Choice, DonorDetail, GiftLine
from backend.donations.writer import Busy

__all__ = [
    "AmountDiffers",
    "Busy",
    "Choice",
    "DonorDetail",
    "GiftLine",
    "NoSuchPayment",
    "PlacedGift",
    "Receipt",
    "TooFewSourced",
    "claim_goods",
    "place",
    "receive_notice",
    "release_goods",
    "reopen_goods",
    "start_payment",
    "sync",
]
