from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField
from django.db import migrations
from django.db.models import F, Func, Value


class Migration(migrations.Migration):
    dependencies = [("parties", "0001_core_tables")]

    operations = [
        migrations.AddConstraint(
            "closure",
            ExclusionConstraint(
                name="closures_of_a_site_part",
                expressions=[
                    (
                        Func(
                            F("site"),
                            F("site"),
                            Value("[]"),
                            function="int8range",
                            output_field=BigIntegerRangeField(),
                        ),
                        "&&",
                    ),
                    ("during", "&&"),
                ],
            ),
        )
    ]
