"""The one form of the confirm page, read and checked before any operation is called."""

import re
import secrets
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext

from backend.donations.operations import Choice, DonorDetail, GiftLine
from backend.interfaces.shop.basket import MOST_QUANTITY, Wish
from backend.kernel.errors import Refused
from backend.kernel.settings import settings
from backend.kernel.signing import hmac_sha256
from backend.needs.queries import NeedCard

QUANTITY, PRICE = "quantity-", "price-"
PROMISES = (Choice.NEAREST, Choice.WAIT, Choice.REFUND)
PHONE_DIGITS = 11
_PROMISED = {choice.value: choice for choice in PROMISES}
# addresses as most are: what it takes, Django's check takes too, in a tenth of the time
_USUAL_MAIL = re.compile(r"[a-z0-9]+(?:[._+-][a-z0-9]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,24}")
LIMITS = (("name", 80), ("phone", 20), ("message", 400))


class Filled(NamedTuple):
    """What the visitor filled in; `prices` are those that the page showed (fen, by need)."""

    wishes: tuple[Wish, ...] = ()
    prices: Mapping[str, int] = MappingProxyType({})
    key: str = ""
    promise: Choice = Choice.NEAREST
    name: str = ""
    mail: str = ""
    phone: str = ""
    message: str = ""
    stands_alone: bool = False


def mint_key() -> str:
    """A key of one visitor's confirm page: the same page sent twice is one gift."""
    return secrets.token_urlsafe(18)


def visitor(request: HttpRequest) -> str:
    """Who keys belong to, and the journal's label: the member, else the browser (its signed session)."""
    if request.user.is_authenticated:
        return f"user:{request.user.public_id}"
    if "visitor" not in request.session:
        request.session["visitor"] = f"{secrets.token_urlsafe(12)}~{street(request)}"
    return f"visitor:{request.session['visitor']}"


def street(request: HttpRequest) -> str:
    """A keyed mark of this address, so coarse (one in a million) that it names nobody; kept behind a new visitor's
    label, so that payments which fail for ever new visitors of one address are seen together.
    """
    address = request.META.get("REMOTE_ADDR", "").encode()
    digest = hmac_sha256(f"street:{settings.SECRET_KEY}".encode(), address)
    return f"{int.from_bytes(digest[:3]) >> 4:05x}"


def read(form: QueryDict) -> Filled:
    """Read a posted form; unreadable numbers are 0, unknown choices the first one."""
    wishes, prices, dropped = [], {}, form.get("drop")
    for name in form:
        if name.startswith(QUANTITY):
            need = name[len(QUANTITY) :]
            if need != dropped:
                wishes.append(Wish(need, _number(form.get(name, ""))))
        elif name.startswith(PRICE):
            prices[name[len(PRICE) :]] = _number(form.get(name, ""))
    return Filled(
        tuple(wishes),
        prices,
        form.get("key", "")[:120],
        _PROMISED.get(form.get("promise", ""), PROMISES[0]),
        form.get("name", "").strip(),
        form.get("mail", "").strip(),
        form.get("phone", "").strip(),
        form.get("message", "").strip(),
        form.get("stands_alone") == "yes",
    )


def _number(text: str) -> int:
    text = text.strip()
    return min(int(text), MOST_QUANTITY + 1) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def faults(filled: Filled) -> dict[str, str]:
    """What to mend, by field, in the reader's language; each says what to do."""
    found: dict[str, str] = {}
    for wish in filled.wishes:
        if wish.quantity <= 0:
            found[QUANTITY + wish.need] = gettext("写一个1以上的整数，或者拿掉这一样。")
        elif wish.quantity > MOST_QUANTITY:
            found[QUANTITY + wish.need] = gettext("一笔最多%(most)s件。要捐更多，分几笔。") % {
                "most": f"{MOST_QUANTITY:,}"
            }
    if filled.mail and not _is_mail(filled.mail):
        found["mail"] = gettext("这个邮箱寄不到。看看有没有漏掉@或后半截，不想收信就空着。")
    if filled.phone and (digits := sum(map(str.isdigit, filled.phone))) < PHONE_DIGITS:
        found["phone"] = gettext("少%(n)s位。一共11位，不想留就空着。") % {"n": PHONE_DIGITS - digits}
    for name, most in LIMITS:
        if len(said := getattr(filled, name)) > most:
            found[name] = gettext("最多%(most)s个字，现在是%(n)s个。") % {"most": most, "n": len(said)}
    if not filled.stands_alone:
        found["stands_alone"] = gettext("要先确认这一条，才能付钱。")
    return found


def _is_mail(text: str) -> bool:
    if len(text) < 64 and _USUAL_MAIL.fullmatch(text):
        return True
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def lines(filled: Filled, needs: Mapping[str, NeedCard]) -> list[GiftLine]:
    """The lines to place, at the prices that the page showed."""
    return [
        GiftLine(
            wish.need,
            wish.quantity,
            filled.prices.get(wish.need) or needs[wish.need].unit_price,
            filled.promise,
        )
        for wish in filled.wishes
        if wish.need in needs
    ]


def donor(filled: Filled, request: HttpRequest, language: str) -> DonorDetail:
    """The member or guest who gives, with the language in which letters are written."""
    return DonorDetail(
        user_id=request.user.pk if request.user.is_authenticated else None,
        name=filled.name,
        mail=filled.mail,
        phone=filled.phone,
        message=filled.message,
        language=language,
    )


def refuse(request: HttpRequest, refusal: Refused) -> None:
    """Keep what the writer said to this request: whoever answers it does not ask again."""
    request.META["zhisong.refused"] = refusal


def refused_before(request: HttpRequest) -> Refused | None:
    """What the writer has already said to this request."""
    refusal = request.META.get("zhisong.refused")
    return refusal if isinstance(refusal, Refused) else None
