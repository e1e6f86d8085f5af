# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A pay-out that the bank rejects or sends back is kept as such, so that what it was to pay can be paid out again."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cooperative', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='payout',
            name='failed_on',
            field=models.DateField(blank=True, null=True, verbose_name='rejected or returned on'),
        ),
        migrations.AddField(
            model_name='payout',
            name='returned_by',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='returned_pay_out', to='cooperative.bookentry'),
        ),
    ]
