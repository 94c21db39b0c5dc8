"""What each alarm of `quality_alarm` says, in plain words; models/audit/quality_alarm.yml has the rules."""

ALARMS = {
    "rejected_lines_of_entity": "{measured:.1f} % of the {subject} lines are rejected",
    "rejected_lines_of_file": "{measured:.1f} % of the lines of {subject} are rejected",
    "no_new_lines": "no file with {subject} lines landed for {measured:,.0f} hours",
    "rows_lost": "{measured:.1f} % of the rows of {subject} left in one build",
    "people_without_consent": "{measured:.1f} % of the {subject} do not consent",
    "erasure_overdue": "the oldest of the {subject} for erasure that are not certified is {measured:,.0f} days old",
}
"""Alarm to text, in the order in which they are shown."""

WARNING_TEST = "no_quality_alarm_warns"
"""The data test that warns of the alarms that `stedi run` shows itself."""


def text_of(alarm: str, subject: str, measured: float, bound: float) -> str:
    """One alarm as a line: what was measured, and above which bound that is."""
    text = ALARMS.get(alarm, alarm + " of {subject}: {measured:.1f}")
    return f"{text.format(subject=subject, measured=measured)} (more than {bound:g})"
