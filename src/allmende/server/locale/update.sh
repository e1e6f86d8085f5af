#!/bin/sh
# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
#
# Collect the strings of all rooms into the German catalogue and compile it (needs GNU gettext).
# Usage, from the repository: sh src/allmende/server/locale/update.sh [folder of the virtual environment's programs]
set -eu
bin=$(cd "${1:-.venv/bin}" && pwd)
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
cd "$(dirname "$0")/../.."
export ALLMENDE_HOME="$home" DJANGO_SETTINGS_MODULE=allmende.server.settings
"$bin/python" -m django makemessages --locale de --no-location --no-obsolete --no-wrap --verbosity 0
"$bin/python" - <<'PYTHON'
# The time of the run says nothing, and would change the file each time.
import pathlib
import re

path = pathlib.Path("server/locale/de/LC_MESSAGES/django.po")
path.write_text(re.sub(r'"POT-Creation-Date: [^"]*"\n', "", path.read_text()))
PYTHON
msgfmt --check --output-file server/locale/de/LC_MESSAGES/django.mo server/locale/de/LC_MESSAGES/django.po
msgfmt --statistics --output-file /dev/null server/locale/de/LC_MESSAGES/django.po
