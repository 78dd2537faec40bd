"""Which gifts a fact is about: from any label of the journal back to the donors, by joins."""

from collections import defaultdict
from collections.abc import Iterable

from backend.donations.models import Donation, Funding

# from a funding to the thing that a label names, by the prefix of its public id
_ROAD = "funded_line__order_lines"
_BOX = f"{_ROAD}__shipment_lines__parcel_item__parcel"
_DROP = f"{_BOX}__drops__drop"
PATHS = {
    "fun": "funded_line__public_id",
    "que": "funded_line__questions__public_id",
    "ord": f"{_ROAD}__item__order__public_id",
    "shp": f"{_BOX}__shipment__public_id",
    "drp": f"{_DROP}__public_id",
    "stp": f"{_DROP}__stop__public_id",
    "rou": f"{_DROP}__stop__route__public_id",
    "pln": f"{_DROP}__stop__route__plan__public_id",
}


def ref_of(subject: str) -> str:
    """The public id in a label: `drop:drp_…` and `drp_…` are the same."""
    return subject.rpartition(":")[2]


def gifts_touched(*, subjects: Iterable[str]) -> dict[str, set[str]]:
    """Donations (public ids) that each subject is about; one query per kind of subject."""
    refs: dict[str, set[str]] = defaultdict(set)
    for subject in set(subjects):
        ref = ref_of(subject)
        refs[ref.partition("_")[0]].add(ref)
    touched: dict[str, set[str]] = defaultdict(set)
    for donation in _existing(refs.get("don", ())):
        touched[donation].add(donation)
    for prefix, path in PATHS.items():
        if refs.get(prefix):
            rows = Funding.objects.filter(**{f"{path}__in": refs[prefix]})
            for ref, donation in rows.values_list(path, "line__donation__public_id").distinct():
                touched[ref].add(donation)
    return {subject: touched[ref_of(subject)] for subject in set(subjects) if touched.get(ref_of(subject))}


def _existing(donations: Iterable[str]) -> list[str]:
    rows = Donation.objects.filter(public_id__in=list(donations))
    return list(rows.values_list("public_id", flat=True))
