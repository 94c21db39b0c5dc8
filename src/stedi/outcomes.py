"""What each outcome of `row_outcome` means, in a few plain words; docs/rules.md has the rules."""

OUTCOMES = {
    "trusted": "used: the person shares with research",
    "repeat": "the same line landed before; it counts once",
    "superseded": "the person has a record that decides instead",
    "no_consent": "the person does not share with research",
    "below_minimum_age": "the person was too young, or how old cannot be told",
    "before_consent": "measured before the person agreed",
    "in_doubt": "agreed, but something stands against it",
    "future_dated": "says it was updated after this build began",
    "erased": "the person asked to be erased",
    "unknown_customer": "nobody registered with this e-mail",
    "unknown_device": "no customer named this device",
    "ambiguous_device": "two or more customers named this device",
    "no_accelerometer_data": "the device's owner has no accelerometer readings",
    "malformed_json": "not one JSON object in UTF-8",
    "missing_email": "no e-mail in it",
    "missing_serial_number": "no serial number in it",
    "invalid_timestamp": "no time from 2000 to 2100 in it",
    "invalid_measurement": "x, y, z or the distance is not a valid number",
}
"""Outcome to meaning, in the order in which they are shown."""

REJECTIONS = {"malformed_json", "missing_email", "missing_serial_number", "invalid_timestamp", "invalid_measurement"}
"""The outcomes of lines that are rejected."""

REASONS = {
    "no_consent": "they no longer share with research",
    "in_doubt": "something stands against their consent",
    "below_minimum_age": "they were below the minimum age, or how old they were cannot be told",
    "unknown_customer": "their records left landing",
    "device_not_theirs": "their device turned out not to be theirs alone",
    "out_of_scope": "measured before their consent, or no longer paired",
    "changed": "replaced by what landed since",
}
"""Why rows left a table; docs/incremental.md has the rules."""
