# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""snmpsim's responder, also for root: containers run tests as root, where it wants to become somebody who can't read Python's own files."""

import sys
from contextlib import nullcontext

from snmpsim.commands import responder

if __name__ == "__main__":
    responder.daemon.PrivilegesOf = lambda *_args, **_kwargs: nullcontext()
    sys.exit(responder.main())
