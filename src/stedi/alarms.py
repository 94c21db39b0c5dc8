"""What each alarm of `quality_alarm` says, in plain words; models/audit/quality_alarm.yml has the rules."""

ALARMS = {
    "nothing_read_of_entity": "all of the {measured:,.0f} {subject} documents are rejected",
    "nothing_read_of_file": "all of the {measured:,.0f} documents of {subject} are rejected",
    "rejected_lines_of_entity": "{measured:.1f} % of the {subject} lines are rejected",
    "rejected_lines_of_file": "{measured:.1f} % of the lines of {subject} are rejected",
    "nameless_lines": "{measured:.1f} % of the {subject} documents are rejected and name nobody; any may withdraw",
    "nameless_lines_of_file": "{measured:.1f} % of the documents of {subject} are rejected and name nobody",
    "unread_customer_files": "{measured:,.0f} {subject} files are not read; any may hold a withdrawal",
    "unreadable_consent_dates": "{measured:.1f} % of the {subject} consent dates cannot be read, and refuse",
    "readings_of_nobody": "{measured:.1f} % of the {subject} readings are of nobody known, or of a shared device",
    "unpaired_readings": "{subject} is empty: none of {measured:,.0f} trusted step readings has an acceleration",
    "nearest_acceleration": "{subject} has no pair: the nearest acceleration is {measured:,.0f} ms from a step reading",
    "empty_table": "{subject} is empty",
    "small_split": "the split {subject} has {measured:.0f} % fewer people than its share",
    "no_new_lines": "no file with {subject} lines landed for {measured:,.0f} hours",
    "rows_lost": "{measured:.1f} % of the rows of {subject} left in one build",
    "people_without_consent": "{measured:.1f} % of the {subject} do not consent",
    "erasure_overdue": "the oldest of the {subject} for erasure that are not certified is {measured:,.0f} days old",
}
"""Alarm to text, in the order in which they are shown."""

NOT_MEASURED = "not_measured"
"""The level of an alarm for which there was nothing to measure."""

WARNING_TEST = "no_quality_alarm_warns"
"""The data test that warns of the alarms that `stedi run` shows itself."""


def text_of(alarm: str, subject: str, measured: float, bound: float) -> str:
    """One alarm as a line: what was measured, and above which bound that is, where that is more than nothing."""
    text = ALARMS.get(alarm, alarm + " of {subject}: {measured:.1f}").format(subject=subject, measured=measured)
    return f"{text} (more than {bound:.3g})" if bound else text
