"""What beat announces, and how often (seconds). A message only says «look now»: running one twice is harmless."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Announcement:
    task: str
    every: float


SCHEDULE: dict[str, Announcement] = {
    "sequence-facts": Announcement("journal.sequence", 1.0),
    "purge-answers": Announcement("journal.purge_answers", 600.0),
    "write-letters": Announcement("letters.write", 5.0),
    "send-letters": Announcement("letters.send", 3.0),
    "deliver-notices": Announcement("payments.deliver_notices", 1.0),
    "expire-gifts": Announcement("payments.expire_gifts", 10.0),
    "gather-gifts": Announcement("gifts.gather", 2.0),
    "purge-attempts": Announcement("payments.purge_attempts", 3600.0),
    "purge-notices": Announcement("payments.purge_notices", 60.0),
    "close-questions": Announcement("payments.close_questions", 10.0),
    "order-what-is-due": Announcement("sourcing.pull_due", 2.0),
    "expire-silent-orders": Announcement("sourcing.expire_silent", 10.0),
    "pay-refunds": Announcement("payments.pay_refunds", 5.0),
    "run-plans": Announcement("plans.run_plans", 2.0),
    "adopt-handed-over": Announcement("plans.adopt_handed_over", 10.0),
}
