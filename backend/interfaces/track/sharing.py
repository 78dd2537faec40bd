"""A gift's page for everybody: its donor opens it and takes it back; whoever has the address looks."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from backend.donations import operations as donations
from backend.donations import queries as gifts
from backend.interfaces.track import shared_page
from backend.interfaces.track.opening import actor_of, opened, try_to
from backend.needs import queries as needs
from backend.timelines import queries as timelines
from backend.timelines.story import Gift


def own_part(gift: Gift) -> shared_page.OwnPart:
    """What the donor's own page says of the shared one."""
    now = gifts.sharing(donation=gift.ref)
    address = settings.SITE_URL + reverse("shared:page", kwargs={"code": now.code}) if now.code else ""
    return shared_page.OwnPart(now.may, address)


@require_POST
@opened
def share(request: HttpRequest, gift: Gift, key: str) -> HttpResponse:
    """Open the gift's page for everybody."""
    try_to(
        request,
        lambda: donations.share(donation=gift.ref, actor=actor_of(request, gift), at=timezone.now()),
        gettext("分享页开好了，链接在这一页最下面。"),
    )
    return redirect(reverse("track:gift", kwargs={"key": key}) + "#share")


@require_POST
@opened
def end_share(request: HttpRequest, gift: Gift, key: str) -> HttpResponse:
    """Take the link back: from now on it leads to a page that says so."""
    donations.end_share(donation=gift.ref, actor=actor_of(request, gift), at=timezone.now())
    return redirect(reverse("track:gift", kwargs={"key": key}) + "#share")


@require_safe
def shared(request: HttpRequest, code: str) -> HttpResponseBase:
    """The same for everybody who has the address; it does not say the address."""
    found = gifts.shared(code=code)
    gift = timelines.gift(donation=found) if found else None
    if gift is None:
        return render(request, "track/not_shared.html", {"nameless": True}, status=404)
    now = timezone.now()
    appeals = [needs.appeal_page(public_id=ref, at=now) for ref in shared_page.appeals_of(gift)]
    page = shared_page.shared_page(gift, [appeal for appeal in appeals if appeal], now=now)
    return render(request, "track/shared.html", {"page": page, "nameless": True})
