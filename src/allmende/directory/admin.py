# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Django's raw administration, for the platform's operators and the rare case.

Always holds: superusers alone come in; nothing that opens or finds a key is shown or can be set (wrapped identities, look-up values,
salts, password hashes); chips, codes, jobs, events and the audit trail can be looked at and not changed, because their services keep what
must hold about them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import BinaryField
from django.http import HttpRequest

from allmende.directory.audit import AuditEntry
from allmende.directory.chips import Chip
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Delegation, Person, PersonAlias
from allmende.directory.roles import Role

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:  # Django's class takes no parameters at run time
    _ModelAdmin = admin.ModelAdmin


class OperatorAdmin(_ModelAdmin):
    """For superusers. Binary columns are never shown: all of them are keys, or sealed."""

    hidden: tuple[str, ...] = ()
    list_per_page = 50
    show_full_result_count = False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        del request, obj
        return [
            field.name
            for field in self.model._meta.fields  # noqa: SLF001 - Django's documented way to a model's fields
            if not isinstance(field, BinaryField) and field.name not in self.hidden
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        names = self.get_fields(request, obj)
        fields = {field.name: field for field in self.model._meta.fields}  # noqa: SLF001
        return [name for name in names if not fields[name].editable or fields[name].primary_key]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _is_operator(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del obj
        return _is_operator(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _is_operator(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del obj
        return _is_operator(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del obj
        return _is_operator(request)


class ReadOnlyAdmin(OperatorAdmin):
    """To look at only."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        del request
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False


def _is_operator(request: HttpRequest) -> bool:
    return bool(request.user.is_active and getattr(request.user, "is_superuser", False))


@admin.register(Municipality)
class MunicipalityAdmin(OperatorAdmin):
    list_display = ("name", "slug", "official_key")
    #: Chips enrolled at other costs would open nothing any more.
    hidden = ("argon_memory_kib", "argon_iterations", "enrolment_recipient")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A town goes with its backup, not with a click."""
        del request, obj
        return False


@admin.register(Person)
class PersonAdmin(OperatorAdmin):
    list_display = ("display_name", "sign_in_name", "municipality", "is_active")
    list_filter = ("municipality", "is_active")
    search_fields = ("display_name", "sign_in_name")
    hidden = ("password", "recipient")


@admin.register(PersonAlias)
class PersonAliasAdmin(OperatorAdmin):
    list_display = ("name", "person", "municipality")
    search_fields = ("name",)
    raw_id_fields = ("person",)


@admin.register(Role)
class RoleAdmin(OperatorAdmin):
    list_display = ("person", "name", "municipality")
    list_filter = ("municipality", "name")
    raw_id_fields = ("person",)


@admin.register(Delegation)
class DelegationAdmin(ReadOnlyAdmin):
    list_display = ("owner", "delegate", "municipality", "created_at", "ended_at")


@admin.register(Chip)
class ChipAdmin(ReadOnlyAdmin):
    list_display = ("person", "label", "municipality", "created_at", "last_used_at")
    list_filter = ("municipality",)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "municipality", "actor", "action", "target")
    list_filter = ("municipality",)
