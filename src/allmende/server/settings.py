# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Django's settings, all of them from the environment, with defaults that run a town on one machine.

`ALLMENDE_HOME` is the one folder that holds state (database, spool, secrets); a backup of it and of what the URLs below
name is a backup of everything. Secrets are made at first start with mode 0600 and are never printed.
"""

from __future__ import annotations

import os
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from allmende.server.database_url import parse_database_url
from allmende.server.secret_files import read_or_create_secret

#: The folder that holds all state (`ALLMENDE_HOME`, default `./var`).
HOME = Path(os.environ.get("ALLMENDE_HOME", "var")).absolute()
HOME.mkdir(mode=0o700, parents=True, exist_ok=True)

#: Shows tracebacks in the browser; never in production (`ALLMENDE_DEBUG=1`).
DEBUG = os.environ.get("ALLMENDE_DEBUG") == "1"

#: What signs sessions (`ALLMENDE_SECRET_KEY_FILE`).
SECRET_KEY_PATH = Path(os.environ.get("ALLMENDE_SECRET_KEY_FILE", HOME / "secrets" / "secret_key"))
SECRET_KEY = read_or_create_secret(SECRET_KEY_PATH).hex()

#: The pepper of every derivation of a key from a chip. Keep its file on another medium than the database and its
#: backups (`ALLMENDE_PEPPER_FILE`): who has the one without the other can't even guess at chips' numbers.
PEPPER_PATH = Path(os.environ.get("ALLMENDE_PEPPER_FILE", HOME / "secrets" / "pepper"))
ALLMENDE_PEPPER = read_or_create_secret(PEPPER_PATH)

#: Where the service listens (`ALLMENDE_HOST`, `ALLMENDE_PORT`); loopback unless told otherwise.
ALLMENDE_HOST = os.environ.get("ALLMENDE_HOST", "127.0.0.1")
ALLMENDE_PORT = int(os.environ.get("ALLMENDE_PORT", "8631"))

#: The address under which people and clients reach the service (`ALLMENDE_PUBLIC_URL`); it goes into instructions and labels.
ALLMENDE_PUBLIC_URL = os.environ.get("ALLMENDE_PUBLIC_URL", f"http://localhost:{ALLMENDE_PORT}").rstrip("/")

#: Where sealed documents lie (`ALLMENDE_SPOOL_URL`): `file:///…` or `s3://bucket/prefix?endpoint=…`.
ALLMENDE_SPOOL_URL = os.environ.get("ALLMENDE_SPOOL_URL", (HOME / "spool").as_uri())

#: Below so much room, in bytes, no new document is taken; what waits stays (`ALLMENDE_MIN_FREE_BYTES`, default 512 MiB).
ALLMENDE_MIN_FREE_BYTES = int(os.environ.get("ALLMENDE_MIN_FREE_BYTES", str(512 * 1024**2)))

#: The largest document in clear, in bytes, also as it comes out of a compressed upload (`ALLMENDE_MAX_DOCUMENT_BYTES`, default 4 GiB).
ALLMENDE_MAX_DOCUMENT_BYTES = int(os.environ.get("ALLMENDE_MAX_DOCUMENT_BYTES", str(4 * 1024**3)))

#: Devices may be on this machine (`ALLMENDE_LOOPBACK_DEVICES=1`): the demo's virtual devices, and tests. In production who may
#: add a device could otherwise have this service talk to what listens on its own loopback address.
ALLMENDE_LOOPBACK_DEVICES = os.environ.get("ALLMENDE_LOOPBACK_DEVICES") == "1"

#: This process sweeps what has come to its end (`ALLMENDE_BACKGROUND=0`: leave it to `allmende worker`).
ALLMENDE_BACKGROUND = os.environ.get("ALLMENDE_BACKGROUND") != "0"

#: So many equal processes of `allmende serve` share the port (`ALLMENDE_PROCESSES`).
ALLMENDE_PROCESSES = int(os.environ.get("ALLMENDE_PROCESSES", "1"))

#: Where the process that writes jobs to SQLite listens, and whether we are the one who keeps it: `allmende serve` says so.
ALLMENDE_WRITER_ADDRESS: Path | None = None
ALLMENDE_KEEPS_WRITER = False

ALLOWED_HOSTS = os.environ.get("ALLMENDE_ALLOWED_HOSTS", "*").split(",")

DATABASES = {
    "default": parse_database_url(
        os.environ.get("ALLMENDE_DATABASE_URL", f"sqlite:///{HOME / 'allmende.sqlite3'}")
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allmende.directory",
    "allmende.devices",
    "allmende.printing",
    "allmende.fleet",
    "allmende.cooperative",
    "allmende.server",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "allmende.server.security_headers.SecurityHeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "allmende.server.urls"
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
                "allmende.server.navigation.describe_page",
            ],
        },
    },
]
FORM_RENDERER = "allmende.server.form_rendering.KernRenderer"
ASGI_APPLICATION = "allmende.server.asgi.application"

AUTH_USER_MODEL = "directory.Person"
AUTHENTICATION_BACKENDS = ["allmende.directory.sign_in.TownBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "sign_in"

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 8 * 60 * 60
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "de"
LANGUAGES = [("de", _("German")), ("en", _("English"))]
TIME_ZONE = "Europe/Berlin"
USE_TZ = True
USE_I18N = True
#: The translations of all rooms, one catalogue (made by `make translations`).
FORMAT_MODULE_PATH = ["allmende.server.formats"]
LOCALE_PATHS = [Path(__file__).parent / "locale"]

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

#: How mail leaves (alerts, reports): `ALLMENDE_MAIL_HOST`, `ALLMENDE_MAIL_PORT` (587), `ALLMENDE_MAIL_ENCRYPTION` (`starttls`, `tls` or `none`),
#: `ALLMENDE_MAIL_USER`, `ALLMENDE_MAIL_PASSWORD_FILE`, `ALLMENDE_MAIL_FROM`. Without a host no mail is sent.
EMAIL_HOST = os.environ.get("ALLMENDE_MAIL_HOST", "")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'dummy'}.EmailBackend"
EMAIL_PORT = int(os.environ.get("ALLMENDE_MAIL_PORT", "587"))
EMAIL_USE_TLS = os.environ.get("ALLMENDE_MAIL_ENCRYPTION", "starttls") == "starttls"
EMAIL_USE_SSL = os.environ.get("ALLMENDE_MAIL_ENCRYPTION") == "tls"
EMAIL_HOST_USER = os.environ.get("ALLMENDE_MAIL_USER", "")
EMAIL_HOST_PASSWORD = (
    Path(os.environ["ALLMENDE_MAIL_PASSWORD_FILE"]).read_text().strip()
    if os.environ.get("ALLMENDE_MAIL_PASSWORD_FILE")
    else ""
)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = os.environ.get("ALLMENDE_MAIL_FROM", "allmende@localhost")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "filters": {"paths": {"()": "allmende.server.request_log.PathMask"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["paths"]}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("ALLMENDE_LOG_LEVEL", "INFO")},
    # It tells at each start that it can tell something.
    "loggers": {"pikepdf": {"level": "WARNING"}},
}
