# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where Django looks for the room's models; they live with their nouns."""

from allmende.printing.delivery_holders import DeliveryHolder
from allmende.printing.delivery_stops import DeliveryStop
from allmende.printing.device_turns import DeviceTurn
from allmende.printing.jobs import Job, JobDocument, JobEvent, JobPreview
from allmende.printing.queue_addresses import QueueAddress
from allmende.printing.queues import Queue
from allmende.printing.visits import Visit

__all__ = [
    "DeliveryHolder",
    "DeliveryStop",
    "DeviceTurn",
    "Job",
    "JobDocument",
    "JobEvent",
    "JobPreview",
    "Queue",
    "QueueAddress",
    "Visit",
]
