"""A rival: django-oscar on PostgreSQL. Runs in an environment of its own (see __init__.py).

`python shop.py prepare` makes its tables and a shelf; `place hot|distinct SECONDS WORKERS...` fills
baskets first, then lets so many workers place them by its own place_order, and prints orders a second for each
number of workers; `requests
hot|distinct COUNT FILE` fills baskets and writes the last POST of the checkout of each, as `load.py` sends them.
`shop:door()` is its door. What it comes with stays as it is, but its sessions are signed cookies as ours are.
"""

import json
import multiprocessing
import os
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

import django
from django.conf import settings

NEEDS = ("hot", "distinct")
PRODUCTS = 200
STOCK = 1_000_000_000
PRICE = "68.00"
MIDDLEWARE = (
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "oscar.apps.basket.middleware.BasketMiddleware",
)
CONTEXT = (
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
    "oscar.apps.search.context_processors.search_form",
    "oscar.apps.checkout.context_processors.checkout",
    "oscar.apps.communication.notifications.context_processors.notifications",
    "oscar.core.context_processors.metadata",
)


class AtOnce(dict[str, None]):
    """For MIGRATION_MODULES: tables as the models say, without some hundred migrations first."""

    def __contains__(self, label: object) -> bool:
        return True

    def __getitem__(self, label: str) -> None:
        return None


def configure() -> None:
    from oscar import INSTALLED_APPS
    from oscar.defaults import __dict__ as defaults

    settings.configure(
        **{name: value for name, value in defaults.items() if name.isupper()}
        | {"OSCAR_ALLOW_ANON_CHECKOUT": True, "OSCAR_DEFAULT_CURRENCY": "CNY"},
        SECRET_KEY="oscar",
        SITE_ID=1,
        MIGRATION_MODULES=AtOnce(),
        USE_TZ=True,
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="urls",
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        INSTALLED_APPS=list(INSTALLED_APPS),
        MIDDLEWARE=list(MIDDLEWARE),
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {"context_processors": list(CONTEXT)},
            }
        ],
        HAYSTACK_CONNECTIONS={"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}},
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "HOST": os.environ["OSCAR_HOST"],
                "USER": "zhisong",
                "NAME": "oscar",
                "CONN_MAX_AGE": None,
                "ATOMIC_REQUESTS": False,
            }
        },
        LOGGING_CONFIG=None,
    )
    django.setup()


def door():
    """Its door: for a web server that forks, so that no connection is open yet."""
    from django.core.handlers.wsgi import WSGIHandler

    configure()
    return WSGIHandler()


def prepare() -> None:
    from django.core.management import call_command
    from oscar.apps.address.models import Country
    from oscar.apps.catalogue.models import Product, ProductClass
    from oscar.apps.partner.models import Partner, StockRecord

    call_command("migrate", run_syncdb=True, verbosity=0)
    if Product.objects.exists():
        return
    Country.objects.create(iso_3166_1_a2="CN", printable_name="China", name="China", is_shipping_country=True)
    kind = ProductClass.objects.create(name="goods", requires_shipping=True, track_stock=True)
    partner = Partner.objects.create(name="supplier")
    for number in range(PRODUCTS):
        product = Product.objects.create(title=f"quilt {number}", product_class=kind)
        StockRecord.objects.create(
            product=product,
            partner=partner,
            partner_sku=f"q{number}",
            price=PRICE,
            price_currency="CNY",
            num_in_stock=STOCK,
        )


def fill(count: int, hot: bool, first: int) -> list:
    """So many open baskets with one line each."""
    from oscar.apps.basket.models import Basket, Line
    from oscar.apps.partner.models import StockRecord
    from oscar.apps.partner.strategy import Selector

    shelf, strategy = list(StockRecord.objects.order_by("id")), Selector().strategy()
    filled = Basket.objects.bulk_create(Basket() for _ in range(count))
    lines = []
    for number, basket in enumerate(filled):
        basket.strategy = strategy
        stock = shelf[0 if hot else (first + number) % len(shelf)]
        lines.append(
            Line(
                basket=basket,
                line_reference=f"{stock.product_id}_{stock.id}",
                product_id=stock.product_id,
                stockrecord=stock,
                quantity=1,
                price_currency="CNY",
                price_excl_tax=PRICE,
                price_incl_tax=PRICE,
            )
        )
    Line.objects.bulk_create(lines)
    return filled


def requests(hot: bool, count: int) -> list[str]:
    """The confirmation of an order per guest, who gave address, way and mail on the pages before it."""
    from django.contrib.sessions.backends.signed_cookies import SessionStore
    from django.core.signing import Signer
    from django.http import HttpRequest
    from django.middleware.csrf import get_token

    address = {
        "first_name": "明",
        "last_name": "阿",
        "line1": "学校路 1 号",
        "line4": "昭觉",
        "country_id": "CN",
    }
    session = SessionStore()
    session["checkout_data"] = {
        "guest": {"email": "aming@example.org"},
        "shipping": {"new_address_fields": address, "method_code": "free-shipping"},
    }
    session.save()
    made = []
    for basket in fill(count, hot, 0):
        request = HttpRequest()
        body = urlencode({"csrfmiddlewaretoken": get_token(request), "action": "place_order"})
        cookies = {
            "sessionid": session.session_key,
            "csrftoken": request.META["CSRF_COOKIE"],
            "oscar_open_basket": Signer().sign(basket.id),
        }
        made.append(
            "POST /checkout/preview/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\n"
            f"Cookie: {'; '.join(f'{name}={value}' for name, value in cookies.items())}\r\n"
            "Origin: http://127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        )
    return made


def worker(number: int, count: int, hot: bool, gate, end, told) -> None:
    from decimal import Decimal

    from django.db import connection
    from oscar.apps.order.utils import OrderCreator
    from oscar.apps.shipping.methods import Free
    from oscar.core import prices

    connection.close()
    baskets = fill(count, hot, number * count)
    gate.wait()
    began, done = time.perf_counter(), 0
    for basket in baskets:
        if time.perf_counter() - began > end:
            break
        OrderCreator().place_order(
            basket=basket,
            total=prices.Price("CNY", excl_tax=Decimal(PRICE), incl_tax=Decimal(PRICE), tax_code=None),
            shipping_method=Free(),
            shipping_charge=prices.Price("CNY", excl_tax=Decimal(0), incl_tax=Decimal(0), tax_code=None),
            order_number=f"{os.getpid()}-{time.time_ns()}",
            guest_email="aming@example.org",
        )
        basket.submit()
        done += 1
    told.put((done, time.perf_counter() - began))


def place(hot: bool, workers: int, seconds: float) -> float:
    """Orders a second."""
    gate, told = multiprocessing.Barrier(workers), multiprocessing.Queue()
    count = int(200 * seconds / workers) + 1
    crowd = [
        multiprocessing.Process(target=worker, args=(number, count, hot, gate, seconds, told))
        for number in range(workers)
    ]
    for each in crowd:
        each.start()
    done = [told.get(timeout=120) for _ in crowd]
    for each in crowd:
        each.join()
    return sum(n for n, _ in done) / max(took for _, took in done)


if __name__ == "__main__":
    configure()
    task, *words = sys.argv[1:]
    if task == "prepare":
        prepare()
    elif task == "requests":
        for name in NEEDS:
            Path(words[1], f"oscar-{name}.json").write_text(
                json.dumps(requests(name == "hot", int(words[0])))
            )
    else:
        seconds, *numbers = words
        told = {
            name: {workers: place(name == "hot", int(workers), float(seconds)) for workers in numbers}
            for name in NEEDS
        }
        print(json.dumps(told))  # noqa: T201 - the answer
