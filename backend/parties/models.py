"""Who takes part, and where they are. Columns with a person's data stand in Person alone."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from backend.kernel.models import PublicIdField, one_of
from backend.parties.rules import AccessKind, Mode, Realm, Role, SiteKind


class Users(BaseUserManager["User"]):
    def create_user(self, password: str | None = None, **fields: Any) -> "User":
        user = self.model(**fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who can sign in. Their name and addresses are in Person; erasing empties that row."""

    public_id = PublicIdField(prefix="usr")
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(auto_now_add=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    USERNAME_FIELD = "public_id"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = Users()

    def __str__(self) -> str:
        return self.public_id


class Person(models.Model):
    """Personal data of a user. Every column may be emptied."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="person")
    name = models.CharField(max_length=80, blank=True, default="")
    phone = models.CharField(max_length=20, null=True, blank=True, unique=True)
    mail = models.EmailField(null=True, blank=True, unique=True)

    def __str__(self) -> str:
        return self.name


class Organisation(models.Model):
    """A body that acts: its roles are the one-to-one rows Charity, Supplier, Recipient, Carrier, Merchant."""

    public_id = PublicIdField(prefix="org")
    names = models.JSONField()
    realm = models.CharField(max_length=8, default=Realm.LIVE.value)

    class Meta:
        constraints = [
            one_of("realm", Realm, "organisation_realm"),
            models.CheckConstraint(condition=Q(names__has_key="zh-Hans"), name="organisation_named"),
        ]

    def __str__(self) -> str:
        return str(self.names.get("zh-Hans", self.public_id))


class Membership(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16)

    class Meta:
        constraints = [
            one_of("role", Role, "membership_role"),
            models.UniqueConstraint(fields=["user", "organisation", "role"], name="membership_once"),
        ]


class Charity(models.Model):
    organisation = models.OneToOneField(Organisation, on_delete=models.PROTECT, related_name="charity")
    certificate_no = models.CharField(max_length=60, blank=True, default="")
    certificate_until = models.DateField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    mode = models.CharField(max_length=24, default=Mode.CHARITY_SITE.value)
    contact = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name_plural = "charities"
        constraints = [one_of("mode", Mode, "charity_mode")]

    def __str__(self) -> str:
        return str(self.organisation)


class Supplier(models.Model):
    organisation = models.OneToOneField(Organisation, on_delete=models.PROTECT, related_name="supplier")
    verified_at = models.DateTimeField(null=True, blank=True)
    answer_hours = models.PositiveSmallIntegerField(default=24)

    def __str__(self) -> str:
        return str(self.organisation)


class Recipient(models.Model):
    organisation = models.OneToOneField(Organisation, on_delete=models.PROTECT, related_name="recipient")
    verified_at = models.DateTimeField(null=True, blank=True)
    people = models.PositiveIntegerField(default=0)
    site = models.OneToOneField("Site", on_delete=models.PROTECT, related_name="recipient")

    def __str__(self) -> str:
        return str(self.organisation)


class Carrier(models.Model):
    organisation = models.OneToOneField(Organisation, on_delete=models.PROTECT, related_name="carrier")
    verified_at = models.DateTimeField(null=True, blank=True)
    own_fleet = models.BooleanField(default=True)

    def __str__(self) -> str:
        return str(self.organisation)


class Merchant(models.Model):
    organisation = models.OneToOneField(Organisation, on_delete=models.PROTECT, related_name="merchant")
    verified_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.organisation)


class Site(models.Model):
    """A place with a position (WGS-84) and opening hours (see rules.Hours; empty: always open)."""

    public_id = PublicIdField(prefix="sit")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="sites")
    names = models.JSONField()
    kind = models.CharField(max_length=16)
    township_code = models.CharField(max_length=12)
    township = models.CharField(max_length=60, blank=True, default="")
    county_code = models.CharField(max_length=6)
    lon = models.FloatField()
    lat = models.FloatField()
    hours = models.JSONField(default=list, blank=True)
    terrain = models.CharField(max_length=12, default="hills")

    class Meta:
        constraints = [
            one_of("kind", SiteKind, "site_kind"),
            models.CheckConstraint(
                condition=Q(lon__gte=-180, lon__lte=180, lat__gte=-90, lat__lte=90), name="site_on_earth"
            ),
            models.CheckConstraint(
                condition=Q(terrain__in=["plain", "hills", "mountains"]), name="site_terrain"
            ),
        ]
        indexes = [models.Index(fields=["county_code"], name="site_county")]

    def __str__(self) -> str:
        return str(self.names.get("zh-Hans", self.public_id))


def _as_range(key: str) -> Func:
    """A foreign key as a range of itself: stands in for btree_gist, which the embedded server does not have."""
    return Func(F(key), F(key), Value("[]"), function="int8range", output_field=BigIntegerRangeField())


class Closure(models.Model):
    """A time in which nobody is there; those of one site do not overlap."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="closures")
    during = DateTimeRangeField()
    kind = models.CharField(max_length=24)
    source = models.CharField(max_length=80)
    reported_at = models.DateTimeField()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="closures_of_a_site_part",
                expressions=[
                    (_as_range("site"), RangeOperators.OVERLAPS),
                    ("during", RangeOperators.OVERLAPS),
                ],
            )
        ]


class Access(models.Model):
    """Which vehicles can reach a site in a time; no row: every class can."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="accesses")
    vehicle_class = models.CharField(max_length=16, blank=True, default="")
    during = DateTimeRangeField(null=True, blank=True)
    kind = models.CharField(max_length=12)
    source = models.CharField(max_length=80)

    class Meta:
        verbose_name_plural = "accesses"
        constraints = [one_of("kind", AccessKind, "access_kind")]


class Leg(models.Model):
    """Distance and time from one site to another, with the method by which they were found."""

    from_site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="legs_out")
    to_site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="legs_in")
    profile = models.CharField(max_length=16)
    metres = models.PositiveIntegerField()
    seconds = models.PositiveIntegerField()
    method = models.CharField(max_length=80)
    measured_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["from_site", "to_site", "profile"], name="leg_once")]


class ApiKey(models.Model):
    """A supplier system's key: prefix to find it, digest to check it; the secret is shown once."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="api_keys")
    prefix = models.CharField(max_length=24, unique=True)
    digest = models.BinaryField()
    scopes = models.JSONField(default=list)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_on = models.DateField(null=True, blank=True)
