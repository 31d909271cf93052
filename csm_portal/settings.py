"""Settings of the portal: one file, everything from the environment.

`.env.example` lists every variable. A variable `X` may also be given as `X_FILE`, the path of a file that holds the value (container
secrets). Code reads `settings` at its edge (views, commands, tasks) and passes values in.
"""

from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import structlog
from csp.constants import NONE, SELF, UNSAFE_INLINE
from django.utils.translation import gettext_lazy as _
from environ import FileAwareEnv

env = FileAwareEnv()
BASE_DIR = Path(__file__).resolve().parent.parent

# --- The installation ------------------------------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
# No default: a portal without its own key must not start. `manage.py` keeps one in PORTAL_HOME for the commands it runs.
SECRET_KEY = env.str("SECRET_KEY")
# Old keys that still open sessions and links during a change of key.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
# Where people reach the portal. https here makes cookies secure and turns HSTS on.
PORTAL_URL = env.str("PORTAL_URL", default="http://localhost:8000").rstrip("/")
# Folder of the embedded servers, the rejects and the logs.
PORTAL_HOME = Path(env.str("PORTAL_HOME", default=str(BASE_DIR / ".portal")))
# The portal's "today", YYYY-MM-DD; empty: the clock.
PORTAL_AS_OF = date.fromisoformat(value) if (value := env.str("PORTAL_AS_OF", default="")) else None
# The local time at which the night is due, HH:MM in PORTAL_TIME_ZONE.
PORTAL_NIGHT_AT = env.str("PORTAL_NIGHT_AT", default="02:00")
# Seconds one chunk of the night may take for all accounts, and one account that is computed alone, before it counts as a fault.
NIGHT_CHUNK_SECONDS = env.int("PORTAL_NIGHT_CHUNK_SECONDS", default=300)
NIGHT_ACCOUNT_SECONDS = env.int("PORTAL_NIGHT_ACCOUNT_SECONDS", default=15)
# Megabytes a chunk may take beyond what its process holds: less than a small machine has, far more than any chunk needs.
NIGHT_MEMORY_MB = env.int("PORTAL_NIGHT_MEMORY_MB", default=2048)
# A night that moves more than this share of the scores waits for a person: no book changes so in a day, a broken import does. 1: never.
NIGHT_HOLD_SHARE = env.float("PORTAL_NIGHT_HOLD_SHARE", default=1 / 3)
# ISO 4217 code of the currency that money is added up in.
REPORTING_CURRENCY = env.str("REPORTING_CURRENCY", default="USD").upper()

# --- Applications ----------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "csm_portal.nightly",
    "csm_portal.portal.apps.PortalConfig",
    "churn",
    "health",
    "accounts",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "auditlog",
    "csp",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "django_tables2",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "knox",
    "rest_framework",
    "rules",
    "template_partials",
]
# Offers `lintmigrations`, where the tools of development are installed.
if find_spec("django_migration_linter"):
    INSTALLED_APPS.append("django_migration_linter")
MIGRATION_LINTER_OPTIONS = {
    "include_apps": ["accounts", "health", "churn"],
    "sql_analyser": "postgresql",
    "no_cache": True,
    # They make the first, empty tables: no lock on them can hurt.
    "ignore_name": ["0001_initial", "0002_events_and_functions", "0002_seat_day"],
}
MIDDLEWARE = [
    # Requests of trackers end here: no session, no redirect, no compression.
    "accounts.tracking.door.TrackersDoor",
    "django.middleware.security.SecurityMiddleware",
    # Pages, and in a checkout the static files too (an image holds them compressed). Against BREACH, Django pads each compressed
    # answer at random and masks the CSRF token anew in every page.
    "django.middleware.gzip.GZipMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # External ids in API addresses may hold an encoded slash: resolved on the path as it was sent.
    "accounts.api.raw_path.RawPathMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "auditlog.middleware.AuditlogMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
]
ROOT_URLCONF = "csm_portal.urls"
WSGI_APPLICATION = "csm_portal.wsgi.application"
# An address without its slash is not redirected under the API: a client that posts would lose its body.
APPEND_SLASH = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- PostgreSQL ------------------------------------------------------------------------------------------------------------
# `manage.py` sets DATABASE_URL to the embedded server when it is unset; the default reaches a server on the usual local socket.
_database = env.db_url("DATABASE_URL", default="postgresql:///csm_portal")
# Compiling a plan (jit) takes longer than any statement of a page on a book of ten thousand accounts; `?options=` of the URL goes first.
_database["OPTIONS"] = {"connect_timeout": 10, "options": "-c jit=off", **_database.get("OPTIONS", {})}
# `?host=/folder` is libpq's way to name a socket; Django's own tools (dbshell, test databases) look for it in HOST.
_database["HOST"] = _database["OPTIONS"].pop("host", "") or _database["HOST"]
_database["USER"] = _database["OPTIONS"].pop("user", "") or _database["USER"]
_database["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=60)
_database["CONN_HEALTH_CHECKS"] = True
DATABASES = {"default": _database}

# --- Events over HTTP ------------------------------------------------------------------------------------------------------------
# Most calls a minute of one write key, unless its source says otherwise.
INTAKE_CALLS_PER_MINUTE = env.int("INTAKE_CALLS_PER_MINUTE", default=120_000)

# --- Monitoring ---------------------------------------------------------------------------------------------------------------
# Who carries it may read /metrics; empty: signed-in admins alone.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# --- Redis or Valkey: cache and wake-ups, never storage --------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="redis://localhost:6379/0")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "portal",
        "OPTIONS": {"socket_timeout": 3, "socket_connect_timeout": 3},
    }
}
# Sessions stay readable while Redis is away.
SESSION_ENGINE = "django.contrib.sessions.backends.db"

# --- Celery: a message is a wake-up; the job is a row -------------------------------------------------------------------------
_VISIBILITY_SECONDS = 3600
CELERY_BROKER_URL = "redis+socket://" + REDIS_URL.removeprefix("unix://") if REDIS_URL.startswith("unix://") else REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A full Redis answers, and refuses to write: the worker tries again, as with one that is away, instead of ending.
CELERY_BROKER_CHANNEL_ERROR_RETRY = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Longer than the longest task, or a running task is handed out a second time.
    "visibility_timeout": _VISIBILITY_SECONDS,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 30,
    "socket_connect_timeout": 5,
    "global_keyprefix": "portal:",
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.2, "interval_max": 0.5}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_DEFAULT_QUEUE = "interactive"
CELERY_TASK_ROUTES = {"csm_portal.nightly.tasks.run_*": {"queue": "nightly"}, "*.deliver_*": {"queue": "delivery"}}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 600_000
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
# Each minute: ask the tables what is due. Twice a minute: a sign of life that goes to a worker and is written down there. Both expire
# before the next one, so a stopped worker finds no pile.
CELERY_BEAT_SCHEDULE = {
    "tick": {"task": "csm_portal.nightly.tasks.tick", "schedule": 60.0, "options": {"expires": 50}},
    "heartbeat": {"task": "csm_portal.nightly.tasks.answer_heartbeat", "schedule": 30.0, "options": {"expires": 25}},
}
CELERY_BEAT_SCHEDULER = "csm_portal.nightly.heartbeat:SigningScheduler"
CELERY_BEAT_SCHEDULE_FILENAME = env.str("BEAT_SCHEDULE_FILE", default=str(PORTAL_HOME / "beat-schedule"))

# --- Sign-in ---------------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "accounts.sign_in_backends.WithTeams",
    "accounts.sign_in_backends.SignInPage",
]
# E-mail is unique whatever its case, by an index on lower(email), which this check does not see.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "csm_portal.portal.sign_in.ClosedSignUp"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
SESSION_COOKIE_AGE = int(timedelta(days=14).total_seconds())

# --- Transport and browser security -------------------------------------------------------------------------------------------
_https = PORTAL_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [PORTAL_URL]
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if _https else 0
# Set only behind a proxy that overwrites the header.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("PORTAL_BEHIND_PROXY", default=False) else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        # Plotly writes a <style> and style attributes; scripts stay strict.
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- REST ------------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "knox.auth.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.CursorPagination",
    "PAGE_SIZE": 100,
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_standardized_errors.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": env.str("API_RATE", default="6000/min")},
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
REST_KNOX = {
    "AUTH_HEADER_PREFIX": "Bearer",
    # A token acts until it is revoked; one per integration.
    "TOKEN_TTL": None,
    "TOKEN_PREFIX": "csm_",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "CSM Portal",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "POSTPROCESSING_HOOKS": ["drf_standardized_errors.openapi_hooks.postprocess_schema_enums"],
    # Fields of several things are called `type` and `state`; names in the schema stay the same whatever is added.
    "ENUM_NAME_OVERRIDES": {
        "ClientErrorEnum": "drf_standardized_errors.openapi_serializers.ClientErrorEnum",
        "ErrorTypeEnum": ["validation_error", "client_error"],
        "ChurnTypeEnum": ["voluntary", "satisfied", "involuntary", "unknown"],
        "RenewalStateEnum": ["open", "renewed", "lost"],
        "RenewalOutcomeEnum": ["renewed", "lost"],
        "ItemStateEnum": ["open", "snoozed", "done", "dismissed", "cleared"],
        "BandEnum": ["red", "amber", "green", "unknown"],
        "LevelEnum": ["unknown", "zero", "low", "medium", "high"],
    },
}
DRF_STANDARDIZED_ERRORS = {
    "ALLOWED_ERROR_STATUS_CODES": ["400", "401", "403", "404", "429"],
    # Query parameters are refused by our own rules, which the library cannot know: one form of refusal for all addresses.
    "ERROR_SCHEMAS": {"400": "accounts.api.errors.BadRequestSerializer"},
}
DJANGO_TABLES2_TEMPLATE = "django_tables2/bootstrap5.html"

# --- Language and time -----------------------------------------------------------------------------------------------------
LANGUAGE_CODE = env.str("PORTAL_LANGUAGE", default="en")
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("PORTAL_TIME_ZONE", default="UTC")

# --- Static files ----------------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
# Where `collectstatic` puts them; only the image sets it.
STATIC_ROOT = env.str("STATIC_ROOT", default="") or None
STATICFILES_DIRS = [BASE_DIR / "static"]
# The image collects static files and gets hashed names; a checkout serves them from where they lie.
_collected = bool(STATIC_ROOT) and Path(str(STATIC_ROOT), "staticfiles.json").exists()
WHITENOISE_USE_FINDERS = not _collected
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if _collected or env.bool("COLLECT_STATIC", default=False)
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# --- Mail ------------------------------------------------------------------------------------------------------------------
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="portal@localhost")
# Seconds to wait for the mail server: less than a task may run.
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", default=30)
# Where a customer pays, for payment reminders; `{account}` stands for the account's external id. Empty: reminders name no link.
PAYMENT_LINK = env.str("PAYMENT_LINK", default="")

# --- Logs: one line of JSON per event on standard error ---------------------------------------------------------------------------
_shared_processors: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
structlog.configure(
    processors=[*_shared_processors, structlog.processors.format_exc_info, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.processors.JSONRenderer(ensure_ascii=False),
            "foreign_pre_chain": _shared_processors,
        },
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="WARNING")},
    "loggers": {"django_structlog": {"level": env.str("LOG_LEVEL", default="WARNING")}},
}
