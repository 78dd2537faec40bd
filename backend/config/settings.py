"""Every setting, read from the environment through one strict reader. `ZS_` names are ours."""

from pathlib import Path

import django_stubs_ext
from environs import Env, validate

from backend.config import logs, secret
from backend.config.broker import broker_url
from backend.config.services import addresses

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parents[2]
env = Env(expand_vars=False)
VAR_DIR = Path(env.str("ZS_VAR_DIR", str(BASE_DIR / "var")))

# where and for whom
DEMO = env.bool("ZS_DEMO", False)
DEBUG = env.bool("ZS_DEBUG", False)
REALM = env.str("ZS_REALM", "live", validate=validate.OneOf(["live", "test"]))
MODE = env.str(
    "ZS_MODE",
    "charity_site",
    validate=validate.OneOf(["designated_platform", "charity_site", "directed", "logistics_only"]),
)
SITE_URL = env.str("ZS_SITE_URL", "http://127.0.0.1:8000")
LIVE_ORIGIN = env.str("ZS_LIVE_ORIGIN", "")
ALLOWED_HOSTS = env.list("ZS_ALLOWED_HOSTS", ["127.0.0.1", "localhost"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("ZS_CSRF_TRUSTED_ORIGINS", [], subcast=str)
GIVEN_SECRET_KEY = env.str("ZS_SECRET_KEY", "")
SECRET_KEY = GIVEN_SECRET_KEY or secret.key_of_checkout(VAR_DIR)
TRUSTED_PROXIES = env.int("ZS_TRUSTED_PROXIES", 0)
METRICS_TOKEN = env.str("ZS_METRICS_TOKEN", "")
LOGGING = logs.logging_settings(env.str("ZS_LOG_LEVEL", "INFO"))

# stores
_services = addresses.addresses(VAR_DIR)
DATABASES = {"default": env.dj_db_url("DATABASE_URL", _services.database_url)}
EMBEDDED = addresses.is_embedded(str(DATABASES["default"]["HOST"]))
DATABASES["default"].update(CONN_MAX_AGE=None, CONN_HEALTH_CHECKS=True, ATOMIC_REQUESTS=False)
if pool := env.int("ZS_DB_POOL", 0):  # threads of one process share this many connections
    DATABASES["default"].update(
        CONN_MAX_AGE=0, OPTIONS={"pool": {"min_size": 1, "max_size": pool, "timeout": 10}}
    )
REDIS_URL = env.str("REDIS_URL", _services.redis_url)
QUEUE_PREFIX = env.str("ZS_QUEUE_PREFIX", "zs")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": QUEUE_PREFIX,
    }
}

# jobs: a lost worker's message comes back after the visibility time-out; quick return is the leases' work
TASK_SECONDS = env.int("ZS_TASK_SECONDS", 300)
VISIBILITY_SECONDS = 4 * TASK_SECONDS
CELERY_BROKER_URL = broker_url(REDIS_URL)
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": f"{QUEUE_PREFIX}:",
    "visibility_timeout": VISIBILITY_SECONDS,
    "socket_timeout": 30,
    "socket_connect_timeout": 5,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = TASK_SECONDS - 20
CELERY_TASK_TIME_LIMIT = TASK_SECONDS
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1000
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "celery.beat.Scheduler"  # keeps nothing on disk: all is due again after a start

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

ROOMS = [
    "backend.journal",
    "backend.parties",
    "backend.ledger",
    "backend.catalogue",
    "backend.needs",
    "backend.donations",
    "backend.supplier_orders",
    "backend.shipments",
    "backend.deliveries",
    "backend.confirmations",
    "backend.timelines",
    "backend.notices",
]
DOORS = [
    "backend.interfaces.look",
    "backend.interfaces.crowd",
    "backend.interfaces.shop",
    "backend.interfaces.shop.payments",
    "backend.interfaces.accounts",
    "backend.interfaces.supplier_api",
    "backend.interfaces.supplier_desk",
    "backend.interfaces.confirm",
    "backend.interfaces.courier",
    "backend.interfaces.track",
    "backend.interfaces.dispatch",
    "backend.interfaces.backoffice",
    "backend.interfaces.backoffice.unfold_words",
    "backend.interfaces.jobs",
]
# ours first: our templates and words override those of the libraries
INSTALLED_APPS = [
    "backend.config",
    *ROOMS,
    "backend.donations.payments.sandbox",
    *DOORS,
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "django_cotton",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
]
MIDDLEWARE = [
    "backend.config.middleware.ClientAddress",
    "backend.config.middleware.RequestLog",
    "backend.config.middleware.PermissionsPolicy",
    "django.middleware.security.SecurityMiddleware",
    "backend.interfaces.supplier_api.middleware.supplier_api",
    "backend.interfaces.backoffice.sessions.Sessions",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
]
LIVE = env.bool("ZS_LIVE", False)  # this process serves streams only
if LIVE:
    MIDDLEWARE = [
        "django.middleware.security.SecurityMiddleware",
        "allauth.account.middleware.AccountMiddleware",  # allauth refuses to start without it
    ]
ROOT_URLCONF = "backend.config.live_urls" if LIVE else "backend.config.urls"
WSGI_APPLICATION = "backend.config.wsgi.application"
ASGI_APPLICATION = "backend.config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "backend.interfaces.look.context.theme",
            ]
        },
    }
]

COTTON_ISOLATE_BY_DEFAULT = True  # a component sees its attributes, never the page's names

# who
AXES_VERBOSE = False
AUTH_USER_MODEL = "parties.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_ADAPTER = "backend.interfaces.accounts.adapter.Adapter"
ACCOUNT_USER_DISPLAY = "backend.interfaces.accounts.landing.shown_name"
ACCOUNT_LOGOUT_ON_GET = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"  # with no-referrer browsers send `Origin: null` and every POST fails
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
if SITE_URL.startswith("https://"):
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 31_536_000

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'", *([LIVE_ORIGIN] if LIVE_ORIGIN else [])],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "manifest-src": ["'self'"],
        "worker-src": ["'self'"],
    }
}

# words and clocks
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("zh-hant", "繁體中文"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
ZONE = env.str("ZS_ZONE", "Asia/Shanghai")

# pages
STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("ZS_STATIC_ROOT", str(VAR_DIR / "static")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": env.str("ZS_STATIC_STORAGE", "servestatic.storage.CompressedManifestStaticFilesStorage")
    },
}
MEDIA_ROOT = VAR_DIR / "media"

# letters
EMAIL_BACKEND = env.str("ZS_EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = env.str("ZS_EMAIL_FILE_PATH", str(VAR_DIR / "mail"))
DEFAULT_FROM_EMAIL = env.str("ZS_FROM_EMAIL", "直送 <slip@zhisong.invalid>")

# gifts
PAYMENT_GATEWAY = env.str("ZS_PAYMENT_GATEWAY", "sandbox")
SANDBOX_SEED = env.str("ZS_SANDBOX_SEED", "")
GIFT_MOST_LINES = env.int("ZS_GIFT_MOST_LINES", 500)
GIFT_MOST_QUANTITY = env.int("ZS_GIFT_MOST_QUANTITY", 100_000)
GATHER_MOST_LINES = env.int("ZS_GATHER_MOST_LINES", 100_000)
GIFT_WAIT_SECONDS = env.float("ZS_GIFT_WAIT_SECONDS", 10)
NOTICE_WINDOW_MINUTES = env.int("ZS_NOTICE_WINDOW_MINUTES", 5)
RESERVATION_MINUTES = env.int("ZS_RESERVATION_MINUTES", 30)
UNDO_MINUTES = env.int("ZS_UNDO_MINUTES", 0 if DEMO else 30)
QUESTION_DAYS = env.int("ZS_QUESTION_DAYS", 3)
WAIT_DAYS = env.int("ZS_WAIT_DAYS", 3)
MAP_PROVIDER = env.str("ZS_MAP_PROVIDER", "", validate=lambda v: v in {"", "amap"})
PLAN_SECONDS = env.int("ZS_PLAN_SECONDS", 10)

# the crowd: docs/crowd.md says how these fit together
WEB_THREADS = env.int("ZS_WEB_THREADS", 128)  # of one web process; most of them wait for their turn
CROWD_RATE = env.int(
    "ZS_CROWD_RATE", 40
)  # people a second who may begin a gift, the whole deployment; 0: all
CROWD_PAGES_AT_WORK = env.int("ZS_CROWD_PAGES_AT_WORK", 4)  # of one process and lane
CROWD_PAGES_WAITING = env.int("ZS_CROWD_PAGES_WAITING", 12)
CROWD_GIFTS_AT_WORK = env.int("ZS_CROWD_GIFTS_AT_WORK", 40)
CROWD_GIFTS_WAITING = env.int("ZS_CROWD_GIFTS_WAITING", 200)

PERSON_SECONDS = env.int("ZS_PERSON_SECONDS", 15)  # a person needs for one gift; faster ones are looked at
PERSON_GIFTS_AN_HOUR = env.int("ZS_PERSON_GIFTS_AN_HOUR", 120)  # then the hour is over
ADDRESS_GIFTS_A_MINUTE = env.int("ZS_ADDRESS_GIFTS_A_MINUTE", 60)  # then the address is asked, never refused
CARD_MOST_FAILURES = env.int("ZS_CARD_MOST_FAILURES", 5)  # of one card or visitor within CARD_MINUTES
CARD_MINUTES = env.int("ZS_CARD_MINUTES", 15)
ADDRESS_MOST_FAILURES = env.int("ZS_ADDRESS_MOST_FAILURES", 20)  # within CARD_MINUTES; then it is asked
CARD_GIFTS_AN_HOUR = env.int("ZS_CARD_GIFTS_AN_HOUR", 60)  # more gifts of one card wait for a person

# suppliers' systems
API_REQUESTS_PER_MINUTE = env.int("ZS_API_REQUESTS_PER_MINUTE", 1_200)

# the office
UNFOLD = {
    "SITE_TITLE": "backend.interfaces.backoffice.names.title",
    "SITE_HEADER": "backend.interfaces.backoffice.names.title",
    "SHOW_LANGUAGES": True,
    "LANGUAGES": {"action": "backend.interfaces.backoffice.names.choose_language"},
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": "backend.interfaces.backoffice.names.mark"}
    ],
    "COLORS": {
        "primary": {
            "50": "oklch(97.9% .021 166.1)",
            "100": "oklch(95% .052 163.1)",
            "200": "oklch(90.5% .093 164.2)",
            "300": "oklch(84.5% .143 165)",
            "400": "oklch(76.5% .177 163.2)",
            "500": "oklch(69.6% .17 162.5)",
            "600": "oklch(50.8% .118 165.6)",
            "700": "oklch(43.2% .095 166.9)",
            "800": "oklch(37.8% .077 168.9)",
            "900": "oklch(32% .064 170)",
            "950": "oklch(26.2% .051 172.6)",
        }
    },
}
