"""My gifts: a member's own list."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from backend.donations.queries import GiftPage, count_gifts_of_user, gifts_of_user
from backend.donations.rules import GiftStatus
from backend.donations.tokens import gift_token
from backend.interfaces.shop import pages
from backend.interfaces.shop.slices import Slices

PER_PAGE = 20


@login_required
@never_cache
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    user_id = request.user.pk or 0
    given = Slices(
        lambda: count_gifts_of_user(user_id=user_id),
        lambda offset, limit: gifts_of_user(user_id=user_id, offset=offset, limit=limit),
    )
    page = Paginator(given, PER_PAGE).get_page(request.GET.get("page"))
    gifts = tuple(_row(gift) for gift in page.object_list)
    return render(request, "shop/mine.html", {"page": pages.MinePage(gifts, page)})


def _row(gift: GiftPage) -> pages.MyGift:
    token = gift_token(donation=gift.public_id, link_version=gift.link_version)
    paid = gift.status in (GiftStatus.PAID, GiftStatus.REFUNDED)
    state, word = pages.GIFT_STATES[gift.status]
    places = tuple({item.appeal: item.recipient_names for item in gift.items}.values())
    href = pages.GIFT_PAGE.format(token=token) if paid else reverse("shop:paid", args=[token])
    return pages.MyGift(
        gift.items,
        gift.all_items - len(gift.items),
        gift.amount,
        places,
        gift.placed_at,
        href,
        state,
        str(word),
    )
