"""A rival: Django with nothing around it, one statement per gift on a pool of its own, under the same server.

ZS_BENCH_SQL names the file with the statement, ZS_BENCH_FIRST the first free id.
"""

import itertools
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.urls import path
from psycopg.conninfo import make_conninfo
from psycopg_pool import ConnectionPool

from backend.config.bench_orders.settings_of import PLANS

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], MIDDLEWARE=[], SECRET_KEY="bare", USE_TZ=True)
where = urlsplit(os.environ["DATABASE_URL"])
pool = ConnectionPool(
    make_conninfo(
        host=unquote(where.netloc.rpartition("@")[2]),
        user=where.username,
        dbname=where.path[1:],
        options=PLANS,
    ),
    kwargs={"autocommit": True, "prepare_threshold": 0},
    min_size=1,
    max_size=int(os.environ.get("ZS_BENCH_POOL", "8")),
    open=True,
)
SQL = Path(os.environ["ZS_BENCH_SQL"]).read_text().replace("%", "%%")
SQL = SQL.replace(":id", "%(id)s").replace(":need", "%(need)s").rstrip().removesuffix(";")
ids = itertools.count(int(os.environ["ZS_BENCH_FIRST"]))


def give(request: HttpRequest) -> HttpResponse:
    need = next(name for name in request.POST if name.startswith("quantity-"))
    with pool.connection() as connection:
        connection.execute(SQL, {"id": next(ids), "need": int(need.removeprefix("quantity-nee_"))})
    return HttpResponse(status=302, headers={"Location": "/sandbox-gateway/pay/", "Content-Length": "0"})


urlpatterns = [path("give/", give)]
django.setup(set_prefix=False)
application = WSGIHandler()
