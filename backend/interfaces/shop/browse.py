"""Looking: what is needed, one appeal, how the money is counted. Reads only; holds no token and no key."""

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from backend.catalogue.queries import price_facts
from backend.catalogue.rules import Category
from backend.confirmations.queries import recent_counts
from backend.interfaces.look import words
from backend.interfaces.shop import pages
from backend.interfaces.shop.slices import Slices
from backend.needs import queries
from backend.needs.rules import AppealState

PER_PAGE = 12


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Open appeals, the most urgent first, by kind and township."""
    at = timezone.now()
    kind, township = request.GET.get("kind", ""), request.GET.get("town", "")[:12]
    kind = kind if kind in {category.value for category in Category} else ""
    shelf = Slices(
        lambda: queries.count_open_appeals(at=at, category=kind, township=township),
        lambda offset, limit: queries.open_appeals(
            at=at, category=kind, township=township, offset=offset, limit=limit
        ),
    )
    page = Paginator(shelf, PER_PAGE).get_page(request.GET.get("page"))
    shown = [pages.listed(card, first=n == 0) for n, card in enumerate(page.object_list)]
    places = queries.missing_by_township(at=at)
    view = pages.HomePage(
        now=at,
        totals=queries.totals(at=at),
        map=pages.county_map(places),
        chips=_chips(kind, township),
        township=next((place.name for place in places if place.code == township), township),
        first=shown[0] if shown else None,
        rest=tuple(shown[1:]),
        page=page,
        query=_query(kind=kind, town=township),
        counts=tuple(recent_counts()),
    )
    return render(request, "shop/home.html", {"page": view})


def _query(**filters: str) -> str:
    text = urlencode({key: value for key, value in filters.items() if value})
    return text + "&" if text else ""


def _chips(kind: str, township: str) -> tuple[pages.Chip, ...]:
    def chip(value: str, word: str) -> pages.Chip:
        query = _query(kind=value, town=township).rstrip("&")
        return pages.Chip(word, f"{reverse('shop:home')}{'?' + query if query else ''}#list", value == kind)

    return (chip("", gettext("全部")), *(chip(c.value, str(word)) for c, word in pages.CATEGORIES.items()))


@require_safe
def appeal(request: HttpRequest, public_id: str) -> HttpResponse:
    """One appeal: its needs, where the money goes, what the law discloses."""
    at = timezone.now()
    found = queries.appeal_page(public_id=public_id, at=at)
    if found is None:
        raise Http404
    facts = price_facts(items=[need.item for need in found.card.needs], at=at)
    left = [need for need in found.card.needs if need.left]
    view = pages.AppealPageView(
        card=found.card,
        reach=str(pages.REACH.get(found.card.terrain, "")),
        words=found.words,
        needs=tuple(
            pages.Offered(need, pages.truth(need, facts.get(need.item))) for need in found.card.needs
        ),
        disclosure=found.disclosure,
        translated=found.disclosure.translations.get(words.language(), {}),
        remainder=str(pages.REMAINDERS[found.disclosure.remainder_rule]),
        open=found.state is AppealState.LIVE and any(need.open for need in found.card.needs),
        bar=left[0] if left else None,
        whole=len(left) > 1,
        counts=tuple(recent_counts(appeal=public_id)),
    )
    return render(request, "shop/appeal.html", {"page": view})


@require_safe
def counters(request: HttpRequest, public_id: str) -> HttpResponse:
    """How the needs of one appeal stand, for a page that is open: numbers, and the parts that show them."""
    needs = queries.appeal_needs(public_id=public_id, at=timezone.now())
    if not needs:
        raise Http404
    told = {
        need.public_id: {
            "left": need.left,
            "wanted": need.wanted,
            "given": need.reserved,
            "counted": need.received,
            "cells": render_to_string("shop/live_cells.html", {"need": need}),
            "gone": "" if need.left else render_to_string("shop/need_give.html", {"need": need}),
        }
        for need in needs
    }
    return JsonResponse({"needs": told}, json_dumps_params={"ensure_ascii": False})


@require_safe
def money(request: HttpRequest) -> HttpResponse:
    return render(request, "shop/money.html")


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "shop/privacy.html")
