"""When does a reading become an alarm, and who is called for it? Used by Naru Hub and by its tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import IntEnum

VIBRATION_STOP_MM_S = {"HP-200": 7.1, "HP-450": 8.0}  # the field team's inspection guide, section 3.1
BEARING_WARN_C = 75.0
BEARING_STOP_C = 85.0
QUIET_FROM, QUIET_TO = time(22, 0), time(6, 30)
DEDUPE_WINDOW = timedelta(minutes=10)


class Severity(IntEnum):
    INFO = 0
    WARNING = 1
    CRITICAL = 2


@dataclass(frozen=True)
class Reading:
    station: str
    pump_model: str
    vibration_mm_s: float
    bearing_c: float
    level_m: float | None = None
    high_alarm_m: float | None = None


@dataclass(frozen=True)
class Alarm:
    station: str
    severity: Severity
    cause: str
    raised_at: datetime
    acknowledged_at: datetime | None = None


def classify(reading: Reading) -> tuple[Severity, str]:
    """The severity of one reading and the value that decided it. The worst value wins."""
    if reading.level_m is not None and reading.high_alarm_m is not None and reading.level_m >= reading.high_alarm_m:
        return Severity.CRITICAL, f"level {reading.level_m:.2f} m"
    if reading.vibration_mm_s >= VIBRATION_STOP_MM_S[reading.pump_model]:
        return Severity.CRITICAL, f"vibration {reading.vibration_mm_s:.1f} mm/s"
    if reading.bearing_c > BEARING_STOP_C:
        return Severity.CRITICAL, f"bearing {reading.bearing_c:.0f} C"
    if reading.bearing_c > BEARING_WARN_C:
        return Severity.WARNING, f"bearing {reading.bearing_c:.0f} C"
    return Severity.INFO, "normal"


def rings_phone(alarm: Alarm, now: datetime) -> bool:
    """Critical alarms ring at any hour; warnings only outside the quiet hours."""
    if alarm.severity is Severity.CRITICAL:
        return True
    quiet = now.time() >= QUIET_FROM or now.time() < QUIET_TO
    return alarm.severity is Severity.WARNING and not quiet


def needs_second_engineer(alarm: Alarm, now: datetime, *, after: timedelta = timedelta(minutes=15)) -> bool:
    """True once a critical alarm has waited for `after` without an acknowledgement."""
    waiting = alarm.acknowledged_at is None and alarm.severity is Severity.CRITICAL
    return waiting and now - alarm.raised_at >= after


def is_repeat(alarm: Alarm, earlier: Alarm) -> bool:
    """The same cause at the same station within DEDUPE_WINDOW is shown once."""
    same = (alarm.station, alarm.cause) == (earlier.station, earlier.cause)
    return same and alarm.raised_at - earlier.raised_at < DEDUPE_WINDOW
