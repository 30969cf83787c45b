"""What `doctor` calls healthy. Ours, not of rules.md: figures of machines, not of markets."""

from msgspec import Struct


class DoctorRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    free_least_bytes: int = 1 << 30
    """On the state directory's disk: journal, dumps and logs of some weeks."""
    fsync_most_s: float = 0.1
    """Median of some writes with fsync: every entry and exit waits for one."""
    clock_skew_most_s: float = 10.0
    """Between this machine's clock and the newest block's time, which has whole seconds and lags some slots."""
