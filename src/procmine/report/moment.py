"""The as-of moment of a report, and the zone in which its times are told."""

from datetime import UTC, datetime

from procmine.errors import ReportError
from procmine.study import Study


def as_of(study: Study, given: str = "") -> datetime:
    """The moment up to which the log of `study` is known, UTC: `given`, else the study's own.

    A `given` moment says how long after its last event an export was taken, where the study names no end of its
    window. It cannot be earlier than the last event: who knows that event knows what an earlier report did not.

    Errors: `ReportError` for a text that is no ISO 8601 time with its offset, a moment before the log's last event, and
    a moment other than the end of the study's window.
    """
    own = study.as_of
    if not given:
        return own
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ReportError(
            f"{given!r} is no time with its offset", where="parameter as_of", expected="Such as 2024-06-30T18:00+08:00"
        )
    moment = moment.astimezone(UTC)
    if study.file.window is not None and study.file.window.bounds()[1] is not None and moment != own:
        raise ReportError(
            f"{given} is not where the study's window ends ({own.isoformat()})",
            where="parameter as_of",
            expected="Leave as_of out, or change window.to in study.yaml",
        )
    if moment < own:
        raise ReportError(
            f"{given} is before the last event of the log ({own.isoformat()})",
            where="parameter as_of",
            expected="End the study earlier with window.to in study.yaml",
        )
    return moment


def zone(study: Study) -> str:
    """The IANA zone in which a report tells times: that of the study's window, else its systems' where they agree."""
    if study.file.window is not None:
        return study.file.window.time_zone
    zones = {system.time_zone for system in study.file.systems.values()}
    return next(iter(zones)) or "UTC" if len(zones) == 1 else "UTC"
