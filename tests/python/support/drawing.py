"""Landing files as hypothesis draws them: few people, devices and times, so that they meet."""

from __future__ import annotations

import json

from hypothesis import strategies as st

NOON = 1_750_075_200_000
"""2025-06-16 12:00 UTC in epoch milliseconds."""
HOUR = 3_600_000
TIMES = [NOON - 1, NOON, NOON + 1, NOON + HOUR - 1, NOON + HOUR, NOON + 30 * HOUR]
DATES = [None, 0, NOON - HOUR, NOON, NOON + HOUR, 4_083_955_200_000]  # the last has not come: 2099
PEOPLE = ["ann@example.org", "bob@example.org", "cem@example.org", " CEM@example.org "]
DEVICES = ["dev-1", "dev-2", "dev-3"]
BROKEN = [b"{", b"[1]", b"not json", b"\xff\xfe", b'{"email": "ann@example.org"', b"", b"  ", b"null"]


def customer(person: str, device: str, updated: int, consent: int | None, name: str = "N") -> dict:
    return {
        "customerName": name,
        "email": person,
        "birthDay": "1980-02-29",
        "serialNumber": device,
        "registrationDate": NOON - 1000 * HOUR,
        "lastUpdateDate": updated,
    } | ({} if consent is None else {"shareWithResearchAsOfDate": consent})


def acceleration(person: str, time: int, x: int = 1) -> dict:
    return {"user": person, "timestamp": time, "x": x, "y": 0.5, "z": -1}


def step(device: str, time: int, distance: int = 5) -> dict:
    return {"sensorReadingTime": time, "serialNumber": device, "distanceFromObject": distance}


def lines(*documents: dict | bytes) -> bytes:
    return b"".join(
        (document if isinstance(document, bytes) else json.dumps(document).encode()) + b"\n" for document in documents
    )


def some(documents: st.SearchStrategy) -> st.SearchStrategy[bytes]:
    """A file's content: documents, some of them twice, and now and then a line that is none."""
    line = st.one_of(documents, documents, documents, st.sampled_from(BROKEN))
    return st.lists(line, min_size=1, max_size=6).map(lambda found: lines(*found))


CONTENT: dict[str, st.SearchStrategy[bytes]] = {
    "customer": some(
        st.builds(
            customer,
            st.sampled_from(PEOPLE),
            st.sampled_from(DEVICES),
            st.sampled_from(TIMES),
            st.sampled_from(DATES),
            st.sampled_from(["N", "M"]),
        )
    ),
    "accelerometer": some(
        st.builds(
            acceleration,
            st.sampled_from([*PEOPLE, "nobody@example.org"]),
            st.sampled_from(TIMES),
            st.sampled_from([0, 1, 2]),
        )
    ),
    "step_trainer": some(
        st.builds(step, st.sampled_from([*DEVICES, "nobodys"]), st.sampled_from(TIMES), st.sampled_from([5, 6]))
    ),
}
FILE = st.sampled_from(sorted(CONTENT)).flatmap(
    lambda entity: st.tuples(
        st.just(entity),
        CONTENT[entity],
        st.sampled_from([None, "000-first", "zzz-last", "it's odd"]),
        st.sampled_from([0, 0, 1, 1000]),
        st.booleans(),
    )
)
