# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Max


def find_users(apps: Any, _schema_editor: Any) -> None:
    """Who the ledger's entries have at a device, for the time before this table."""
    entries = apps.get_model("printing", "SheetEntry").objects.filter(person__isnull=False, device__isnull=False)
    rows = entries.order_by().values("municipality_id", "device_id", "person_id").annotate(last_day=Max("day"))
    users = apps.get_model("printing", "DeviceUser")
    users.objects.bulk_create((users(**row) for row in rows.iterator(chunk_size=2000)), batch_size=2000)


class Migration(migrations.Migration):

    dependencies = [
        ('devices', '0001_initial'),
        ('directory', '0001_initial'),
        ('printing', '0002_approver_notices'),
    ]

    operations = [
        migrations.CreateModel(
            name='DeviceUser',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('last_day', models.DateField()),
                ('device', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='devices.device')),
                ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='directory.municipality')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('device', 'person'), name='device_user_once')],
            },
        ),
        migrations.RunPython(find_users, migrations.RunPython.noop),
    ]
