"""The generator's signals look like walking: as they land, with noise and gaps, and as the gait has them, without."""

from __future__ import annotations

import gzip
import json
import random
from collections import defaultdict
from pathlib import Path
from statistics import correlation, median

import numpy as np
import pytest

from stedi.gait import AT_REST, gait_of
from stedi.generate import DAY, SPACING, STANDING, START, generate_landing

SEED = 4
DAYS = 6
FINE = 20
"""Milliseconds; sessions are drawn as finely as this, because a step is only four or five readings long."""
STEP_LAGS = np.arange(400, 800, FINE)
"""Milliseconds that a step may last: 75 to 150 a minute."""

Session = dict[int, tuple[float, ...]]
"""Readings by milliseconds since the session began."""


def documents(folder: Path) -> list[dict]:
    texts = [
        gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for path in sorted(folder.glob("*-[0-9]*"))
    ]
    return [json.loads(line.rstrip(b",\r")) for text in texts for line in text.splitlines() if line]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> dict[int, list[Session]]:
    """The sessions of everybody who has both signals, as they landed: x, y, z and distance by time."""
    landing = tmp_path_factory.mktemp("walking") / "landing"
    generate_landing(landing, customers=40, days=DAYS, seed=SEED)
    distances = {}
    for step in documents(landing / "step_trainer" / "landing"):
        # A device of two people is left out, and so is who shares it.
        number = int(step["serialNumber"][-12:], 16)
        distances[number, step["sensorReadingTime"]] = step["distanceFromObject"]
    sessions: dict[int, dict[int, Session]] = defaultdict(lambda: defaultdict(dict))
    for reading in documents(landing / "accelerometer" / "landing"):
        number = int(reading["user"].split("@")[0].split(".")[1])
        time = reading.get("timestamp") or reading["timeStamp"]
        day, since = divmod(time - START, DAY)
        if number % 25 not in (23, 24) and (number, time) in distances:
            signal = (reading["x"], reading["y"], reading["z"], distances[number, time])
            sessions[number][day][since - number // 2 * 60_000] = signal
    return {number: list(by_day.values()) for number, by_day in sorted(sessions.items())}


def drawn(sessions: list[Session], column: int) -> list[np.ndarray]:
    """What was walked of each session, evenly and finely drawn: gaps are bridged."""
    lines = []
    for session in sessions:
        times = sorted(time for time in session if time > 2 * STANDING)
        even = np.arange(times[0], times[-1], FINE)
        lines.append(np.interp(even, times, [session[time][column] for time in times]))
    return lines


def autocorrelation(lines: list[np.ndarray]) -> np.ndarray:
    """How alike all lines are to themselves, later by each of `STEP_LAGS`: 1 is the same."""
    centred = [line - line.mean() for line in lines]
    own = sum((line**2).mean() for line in centred)
    return np.array([sum((line[lag:] * line[:-lag]).mean() for line in centred) / own for lag in STEP_LAGS // FINE])


def found_cadence(lines: list[np.ndarray]) -> float:
    return 60_000 / STEP_LAGS[autocorrelation(lines).argmax()]


def test_acceleration_repeats_itself_at_each_persons_own_cadence(people: dict[int, list[Session]]) -> None:
    assert len(people) > 25
    found = {number: found_cadence(drawn(sessions, 2)) for number, sessions in people.items()}
    own = {number: gait_of(SEED, number).cadence for number in people}
    assert all(95 <= cadence <= 123 for cadence in own.values())
    assert median(abs(found[number] / own[number] - 1) for number in people) < 0.02
    assert all(autocorrelation(drawn(sessions, 2)).max() > 0.5 for sessions in people.values())
    # People differ, and that is what the readings show.
    assert max(own.values()) - min(own.values()) > 12
    assert correlation(list(found.values()), list(own.values())) > 0.9


def test_readings_in_any_order_would_not_pass_for_walking(people: dict[int, list[Session]]) -> None:
    rng = random.Random(0)
    found, own = [], []
    for number, sessions in people.items():
        mixed = []
        for session in sessions:
            walked = [time for time in session if time > 2 * STANDING]
            mixed.append(dict(zip(walked, rng.sample([session[time] for time in walked], len(walked)), strict=True)))
        assert autocorrelation(drawn(mixed, 2)).max() < 0.5
        found.append(found_cadence(drawn(mixed, 2)))
        own.append(gait_of(SEED, number).cadence)
    assert correlation(found, own) < 0.5


def test_the_trainer_sees_the_foot_come_as_the_phone_feels_it_strike(people: dict[int, list[Session]]) -> None:
    rng = random.Random(0)
    for sessions in people.values():
        near = [(reading[2], -reading[3]) for session in sessions for t, reading in session.items() if t > 2 * STANDING]
        felt, seen = zip(*near, strict=True)
        assert correlation(felt, seen) > 0.75
        assert abs(correlation(felt, rng.sample(seen, len(seen)))) < 0.4


def test_who_stands_is_quiet(people: dict[int, list[Session]]) -> None:
    for number, sessions in people.items():
        gait = gait_of(SEED, number)
        still = np.array([session[time] for session in sessions for time in session if time < STANDING])
        walked = np.array([session[time] for session in sessions for time in session if time > 2 * STANDING])
        assert len(still) > 2 * DAYS
        assert still.mean(axis=0) == pytest.approx([*AT_REST, gait.standing], abs=0.05, rel=0.01)
        assert (still.std(axis=0) < 0.5 * walked.std(axis=0)).all()


def test_the_sensors_lose_readings_now_and_then(people: dict[int, list[Session]]) -> None:
    gaps = [np.diff(sorted(session)).max() for sessions in people.values() for session in sessions]
    assert 0.3 < sum(gap > SPACING for gap in gaps) / len(gaps) < 0.6
    assert max(gaps) == 3 * SPACING


def test_values_are_of_the_kinds_and_in_the_ranges_of_real_ones(people: dict[int, list[Session]]) -> None:
    readings = [reading for sessions in people.values() for session in sessions for reading in session.values()]
    assert {tuple(type(value) for value in reading) for reading in readings} == {(float, float, float, int)}
    assert all(-1 <= value <= 1 for reading in readings for value in reading[:3])
    assert all(200 <= distance <= 300 for *_, distance in readings)


def test_a_gait_is_a_persons_and_a_seeds() -> None:
    assert gait_of(1, 2) == gait_of(1, 2)
    assert len({gait_of(seed, number) for seed in range(3) for number in range(50)}) == 150


def test_of_two_feet_one_does_more() -> None:
    gait = max((gait_of(SEED, number) for number in range(20)), key=lambda gait: gait.asymmetry)
    step = 60 / gait.cadence
    one, other = (gait.acceleration(strike * step)[2] for strike in (2, 3))
    assert one - other == pytest.approx(2 * gait.asymmetry * gait.amplitude[2])
    one, other = (gait.distance((strike + 0.5) * step) for strike in (2, 3))
    assert one - other == pytest.approx(2 * gait.asymmetry * gait.swing)
    # Both strike where the trainer is.
    assert gait.distance(2 * step) == pytest.approx(gait.distance(3 * step)) == pytest.approx(gait.standing)
