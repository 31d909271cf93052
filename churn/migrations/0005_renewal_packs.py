"""Packs of renewals and reviews, frozen as they stood."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0012_found_at_once"),
        ("churn", "0004_imports"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RenewalPack",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("product", models.TextField(blank=True)),
                (
                    "ends_on",
                    models.DateField(blank=True, help_text="With `product` the due it is about; empty: nothing was due.", null=True),
                ),
                ("language", models.TextField(help_text="`en` or `zh-hans`.")),
                ("as_of", models.DateField(help_text="Day its figures are of.")),
                ("body", models.JSONField(help_text="All figures and texts of the page.")),
                ("frozen_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                ("account", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.account")),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: by itself.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="renewal_packs",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["account", "-frozen_at"], name="renewal_pack_by_account")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("author__isnull", True)),
                        fields=("account", "product", "ends_on"),
                        name="renewal_pack_by_itself_once",
                    ),
                    models.CheckConstraint(condition=models.Q(("language__in", ["en", "zh-hans"])), name="renewal_pack_language_known"),
                ],
            },
        ),
    ]
