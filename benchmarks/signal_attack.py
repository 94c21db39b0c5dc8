"""Whether readings without a name say whose they are: the movement itself, measured as a fingerprint.

    python benchmarks/signal_attack.py data/stedi.duckdb

A window is up to 16 readings of x, y and z of one participant, 8 at least, with no pause in them. The attacker has the
first half of each participant's windows with the participant's name, and the second half without. For each of those the
attacker names the participants whose known windows look most like it. Reads the training set; writes nothing.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import typer
from sklearn.metrics import pairwise_distances
from sklearn.preprocessing import scale

AXES = ["x", "y", "z"]
WINDOW, FEWEST = 16, 8
"""Readings in a window: at most, at least."""
PAUSE = pd.Timedelta(minutes=1)
LAGS = (1, 2, 3, 4, 5, 6, 8)
"""How far apart readings are compared, in readings."""

READINGS = f"""
    select participant_id, sensor_reading_time, {", ".join(f"avg({axis}) as {axis}" for axis in AXES)}
    from stedi_curated.machine_learning_curated group by all order by all
"""  # noqa: S608


def windows(readings: pd.DataFrame) -> pd.DataFrame:
    """Features of each window, by participant (index) and in order of time."""
    people = readings.groupby("participant_id", sort=False)
    begins = people["sensor_reading_time"].diff().isna() | (people["sensor_reading_time"].diff() > PAUSE)
    session = begins.cumsum()
    within = readings.groupby(session).cumcount()
    groups = readings.groupby(["participant_id", session.rename("session"), (within // WINDOW).rename("window")])
    return pd.DataFrame(
        [[key[0], *features(part[AXES].to_numpy())] for key, part in groups if len(part) >= FEWEST]
    ).set_index(0)


def features(signal: np.ndarray) -> list[float]:
    """What a window looks like, whenever it began: level, spread and rhythm of each axis, and how they go together."""
    centred = signal - signal.mean(axis=0)
    spread = centred.std(axis=0)
    scaled = centred / np.where(spread > 0, spread, 1)
    rhythm = [(scaled[lag:] * scaled[:-lag]).mean(axis=0) for lag in LAGS if lag < len(signal)]
    rhythm += [np.zeros(len(AXES))] * (len(LAGS) - len(rhythm))
    together = (scaled[:, [0, 0, 1]] * scaled[:, [1, 2, 2]]).mean(axis=0)
    return [*signal.mean(axis=0), *spread, *np.ptp(signal, axis=0), *np.concatenate(rhythm), *together]


def main(database: str) -> None:
    """Print how often the right participant is named first, and among the first five, beside chance."""
    with duckdb.connect(database, read_only=True) as connection:
        found = windows(connection.execute(READINGS).df())
    order, count = found.groupby(level=0).cumcount(), found.groupby(level=0).size()
    has_both = count[count >= 2].index
    found, order = found[found.index.isin(has_both)], order[found.index.isin(has_both)]
    is_known = (order < count.reindex(found.index) // 2).to_numpy()
    scaled = scale(found.to_numpy())
    unlike = pd.DataFrame(pairwise_distances(scaled[~is_known], scaled[is_known]), columns=found.index[is_known])
    nearest = unlike.T.groupby(level=0).min().T
    named = nearest.columns.to_numpy()[np.argsort(nearest.to_numpy(), axis=1)]
    right = named == found.index[~is_known].to_numpy()[:, None]
    people = len(has_both)
    print(f"{people} participants, {is_known.sum()} windows with a name, {(~is_known).sum()} without")
    print("| the right one is | of the windows | by chance | times |\n| --- | ---: | ---: | ---: |")
    for first in (1, 5):
        share = right[:, :first].any(axis=1).mean()
        print(f"| among the first {first} | {share:.1%} | {first / people:.1%} | {share * people / first:.1f} |")


if __name__ == "__main__":
    typer.run(main)
