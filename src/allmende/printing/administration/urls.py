# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The pages of the town's IT on queues and jobs; below `/verwaltung/`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from allmende.printing.administration import budgets as administration_budgets
from allmende.printing.administration import jobs as administration_jobs
from allmende.printing.administration import ledger as administration_ledger
from allmende.printing.administration import queues as administration_queues
from allmende.printing.administration import words as administration_words

__all__ = ["administration_words", "urlpatterns"]

urlpatterns: list[URLPattern | URLResolver] = [
    path("budgets/", administration_budgets.show_budgets, name="administer_budgets"),
    path("budgets/neu/", administration_budgets.add_budget, name="add_budget"),
    path("budgets/<int:budget_id>/", administration_budgets.edit_budget, name="edit_budget"),
    path(
        "budgets/<int:budget_id>/loeschen/", administration_budgets.delete_budget_page, name="delete_budget"
    ),
    path("blattbuch/", administration_ledger.show_ledger, name="administer_ledger"),
    path("blattbuch/<int:entry_id>/", administration_ledger.correct_entry_page, name="correct_entry"),
    path("warteschlangen/", administration_queues.list_queues, name="administer_queues"),
    path("warteschlangen/<int:queue_id>/", administration_queues.edit_queue, name="edit_queue"),
    path(
        "warteschlangen/<int:queue_id>/loeschen/",
        administration_queues.delete_queue_page,
        name="delete_queue",
    ),
    path("auftraege/", administration_jobs.list_jobs, name="administer_jobs"),
    path("auftraege/<int:job_id>/", administration_jobs.show_job, name="administer_job"),
    path("auftraege/<int:job_id>/loeschen/", administration_jobs.cancel_job_page, name="cancel_town_job"),
    path("auftraege/<int:job_id>/zuordnen/", administration_jobs.assign_job_page, name="assign_job"),
    path("geraete/<int:device_id>/testseite/", administration_jobs.test_page, name="print_test_page"),
]
