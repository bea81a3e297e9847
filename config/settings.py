"""Everything that can be set, read from the environment. `manage.py check` names what is wrong with it."""

from dataclasses import fields
from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF

from config import environment
from monitors.unpack import Limits

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(environment.text("DATA_DIR") or BASE_DIR / "var").resolve()

# How it is reached
HOST = environment.text("HOST", "127.0.0.1")
PORT = environment.number("PORT", 8000, least=1, most=65535)
PRODUCTION = environment.flag("PRODUCTION", default=False)
DEBUG = environment.flag("DEBUG", default=False)
PUBLIC_URL = environment.text("PUBLIC_URL") or f"http://{HOST}:{PORT}"
ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS", "" if PRODUCTION else f"localhost,127.0.0.1,[::1],{HOST}")
SECRET_KEY = environment.secret_key(DATA_DIR)
CSRF_TRUSTED_ORIGINS = environment.words("CSRF_TRUSTED_ORIGINS")

# What it is made of
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "csp",
    "django_htmx",
    "lucide",
    "config.apps.ConfigApp",
    "monitors.apps.MonitorsApp",
    "incidents.apps.IncidentsApp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# Where rows live. IMMEDIATE takes the write lock at the start, so nothing fails half way as "locked".
DATABASES = {
    "default": environment.database("DATABASE_URL", f"sqlite:///{DATA_DIR / 'leakline.sqlite3'}"),
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Where files live, and how much of a stranger's file is taken
MEDIA_ROOT = DATA_DIR / "files"
FILE_UPLOAD_TEMP_DIR = None
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20 * 5
WEBHOOK_BYTES = (
    environment.number("WEBHOOK_MIB", 25, least=1, most=100) * 2**20
)  # GitHub delivers up to 25 MB
ARTIFACT_BYTES = environment.number("ARTIFACT_MIB", 512, least=1, most=8192) * 2**20

# Who comes in
AUTH_USER_MODEL = "incidents.User"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "incidents"
LOGOUT_REDIRECT_URL = "sign-in"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
SIGN_IN_LINK_LASTS = timedelta(hours=24)
SIGN_IN_TRIES = 10  # wrong passwords for one name from one address before it has to wait
SIGN_IN_TRIES_FROM_ADDRESS = 100  # whatever the names
SIGN_IN_WAIT = timedelta(minutes=15)

# What browsers are told
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SECURE_SSL_REDIRECT = PRODUCTION and environment.flag("SSL_REDIRECT", default=True)
SECURE_HSTS_SECONDS = environment.number("HSTS_SECONDS", 31_536_000 if PRODUCTION else 0, least=0, most=2**31)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
BEHIND_PROXY = environment.flag("BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static" if PRODUCTION else None  # elsewhere each file is found where it stands
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = DEBUG

# Time and tongue
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_THOUSAND_SEPARATOR = True

# Workers. A message is only a nudge to look at a row: it may be lost, never the work.
CELERY_BROKER_URL = environment.broker("CELERY_BROKER_URL", "memory://localhost")
if CELERY_BROKER_URL.startswith("memory:"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "polling_interval": 0.05
    }  # seconds; a look at an empty list costs nothing
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
WEB_PROCESSES = environment.number("WEB_PROCESSES", 1, least=1, most=64)
WEB_THREADS = environment.number("WEB_THREADS", 8, least=1, most=64)
WORKER_THREADS = environment.number("WORKER_THREADS", 4, least=1, most=64)
TICK_EVERY = environment.seconds("TICK_SECONDS", 1, most=60)

# The eyes. A lease is how long a silent worker keeps a row before another may take it.
POLL_LEASE = environment.seconds("POLL_LEASE_SECONDS", 300, most=3600)
# How long one piece of work may go on in all. While it does, its worker keeps the lease.
LONGEST_WORK = environment.seconds("LONGEST_WORK_SECONDS", 1800, most=86_400)
INTAKE_LEASE = environment.seconds("INTAKE_LEASE_SECONDS", 60, most=3600)
# How long a host is left alone whose answer a dead worker had not kept: it may have been told to wait.
UNHEARD = environment.seconds("UNHEARD_SECONDS", 120, most=3600)
# Whether hosts that tell no limit of their own are asked no faster than their documents say.
PACED = environment.flag("PACED", default=True)
USER_AGENT = environment.text("USER_AGENT", "Leakline/0.1 (leak response)")
# Where package URLs are fetched from; empty means the address that packageurl knows.
REGISTRY_URLS = {"npm": environment.text("NPM_URL"), "pypi": environment.text("PYPI_URL")}
ALLOW_PRIVATE_ARTIFACTS = environment.flag("ALLOW_PRIVATE_ARTIFACTS", default=False)
# What unpacking one stranger's file may cost at most: UNPACK_RATIO and so on, as docs/unpacking.md lists them
UNPACK_LIMITS = Limits(
    **{
        bound.name: environment.number(
            f"UNPACK_{bound.name.upper()}",
            int(bound.default),
            least=1,
            most=100 if bound.name in ("depth", "links") else 2**50,  # these two are levels of recursion
        )
        for bound in fields(Limits)
    }
)

DEFAULT_EXCEPTION_REPORTER = "config.errors.Reporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "config.errors.Filter"

LOG_LEVEL = environment.text("LOG_LEVEL", "WARNING").upper()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
}
