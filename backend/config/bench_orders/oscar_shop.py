"""A rival: django-oscar's own place_order on PostgreSQL. Runs in an environment of its own (see oscar.py).

`python oscar_shop.py prepare` makes its tables and a shelf; `python oscar_shop.py place hot|distinct WORKERS
SECONDS` fills baskets first, then lets the workers place them, and prints orders a second.
"""

import json
import multiprocessing
import os
import sys
import time

import django
from django.conf import settings

PRODUCTS = 200
STOCK = 1_000_000_000


def configure() -> None:
    from oscar import INSTALLED_APPS
    from oscar.defaults import __dict__ as defaults

    settings.configure(
        **{name: value for name, value in defaults.items() if name.isupper()},
        SECRET_KEY="oscar",
        SITE_ID=1,
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        INSTALLED_APPS=list(INSTALLED_APPS),
        MIDDLEWARE=[],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
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


def prepare() -> None:
    from django.core.management import call_command
    from oscar.apps.catalogue.models import Product, ProductClass
    from oscar.apps.partner.models import Partner, StockRecord

    call_command("migrate", verbosity=0)
    if Product.objects.exists():
        return
    kind = ProductClass.objects.create(name="goods", requires_shipping=True, track_stock=True)
    partner = Partner.objects.create(name="supplier")
    for number in range(PRODUCTS):
        product = Product.objects.create(title=f"quilt {number}", product_class=kind)
        StockRecord.objects.create(
            product=product,
            partner=partner,
            partner_sku=f"q{number}",
            price="68.00",
            price_currency="CNY",
            num_in_stock=STOCK,
        )


def fill(count: int, hot: bool, first: int) -> list:
    from oscar.apps.basket.models import Basket
    from oscar.apps.catalogue.models import Product
    from oscar.apps.partner.strategy import Selector

    products, strategy, filled = list(Product.objects.order_by("id")), Selector().strategy(), []
    for number in range(count):
        basket = Basket.objects.create()
        basket.strategy = strategy
        basket.add_product(products[0 if hot else (first + number) % len(products)], 1)
        filled.append(basket)
    return filled


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
            total=prices.Price("CNY", excl_tax=Decimal(68), incl_tax=Decimal(68), tax_code=None),
            shipping_method=Free(),
            shipping_charge=prices.Price("CNY", excl_tax=Decimal(0), incl_tax=Decimal(0), tax_code=None),
            order_number=f"{os.getpid()}-{time.time_ns()}",
            guest_email="aming@example.org",
        )
        basket.submit()
        done += 1
    told.put((done, time.perf_counter() - began))


def place(hot: bool, workers: int, seconds: float) -> None:
    gate, told = multiprocessing.Barrier(workers), multiprocessing.Queue()
    count = int(150 * seconds / workers) + 1
    crowd = [
        multiprocessing.Process(target=worker, args=(number, count, hot, gate, seconds, told))
        for number in range(workers)
    ]
    for each in crowd:
        each.start()
    done = [told.get(timeout=120) for _ in crowd]
    for each in crowd:
        each.join()
    print(json.dumps({"per_s": sum(n for n, _ in done) / max(took for _, took in done)}))  # noqa: T201 - the answer


if __name__ == "__main__":
    configure()
    if sys.argv[1] == "prepare":
        prepare()
    else:
        place(sys.argv[2] == "hot", int(sys.argv[3]), float(sys.argv[4]))
