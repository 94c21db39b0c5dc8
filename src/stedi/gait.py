"""How a made-up person walks: smooth functions of time, for the generator to measure and to add noise to.

Adults who walk without a pause make 100 to 120 steps a minute at the speed they choose themselves (D. A. Winter, The
Biomechanics and Motor Control of Human Gait, 1991); 109 on average, with a standard deviation of 9, over the minutes
that people walked through in a week of free living (P. M. Dall et al., Medicine & Science in Sports & Exercise 45(10),
2013).

A foot strikes once a step. Then the acceleration along z is greatest and the foot nearest to the trainer; half a step
later the foot is farthest. Along x the body sways from one foot to the other, so once in two steps.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from math import cos, pi, sin

AT_REST = (0.0, 0.0, -0.5)
"""Acceleration of who stands still: none but gravity's, in the unit of the readings."""
SECOND_HARMONIC = 0.3
"""A strike is sharper than a sine."""


@dataclass(frozen=True)
class Gait:
    """A person's own way to walk. Accelerations are in the unit of the readings, whose range is -1 to 1."""

    cadence: float
    """Steps a minute."""
    amplitude: tuple[float, float, float]
    """The most by which x, y and z leave their values at rest, but for asymmetry."""
    phase: float
    """By what part of a step the acceleration along y lags behind the strike."""
    asymmetry: float
    """By what part one foot does more than the mean of both, in strike and swing."""
    standing: float
    """Distance of a standing foot from the trainer, in the unit of the readings."""
    swing: float
    """How much farther the foot is in the middle of a step."""
    noise: float
    """Standard deviation of a measured acceleration."""

    def acceleration(self, seconds: float) -> tuple[float, float, float]:
        """x, y and z, `seconds` after the first strike; before it the person stands."""
        if seconds < 0:
            return AT_REST
        steps = seconds * self.cadence / 60
        uneven = 1 + self.asymmetry * cos(pi * steps)
        strike = cos(2 * pi * steps) + SECOND_HARMONIC * cos(4 * pi * steps)
        x, y, z = self.amplitude
        return (
            AT_REST[0] + x * sin(pi * steps),
            AT_REST[1] + y * uneven * cos(2 * pi * (steps - self.phase)),
            AT_REST[2] + z * uneven * strike / (1 + SECOND_HARMONIC),
        )

    def distance(self, seconds: float) -> float:
        """Distance of the foot from the trainer, `seconds` after the first strike; before it the person stands."""
        if seconds < 0:
            return self.standing
        swung = sin(pi * seconds * self.cadence / 60)
        return self.standing + self.swing * (1 + self.asymmetry * swung) * swung**2


def gait_of(seed: int, person: int) -> Gait:
    """The gait of a person, by number, in the data of a seed."""
    rng = random.Random(f"gait {seed} {person}")  # noqa: S311
    return Gait(
        cadence=rng.triangular(95, 123, 109),
        amplitude=(rng.uniform(0.22, 0.5), rng.uniform(0.25, 0.6), rng.uniform(0.25, 0.4)),
        phase=rng.uniform(0.1, 0.4),
        asymmetry=rng.uniform(0, 0.15),
        standing=rng.uniform(205, 220),
        swing=rng.uniform(45, 65),
        noise=rng.uniform(0.02, 0.05),
    )
