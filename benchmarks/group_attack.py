"""What k-anonymity of one build does not hold against: two builds beside each other, and made-up accounts.

    python benchmarks/group_attack.py data/stedi.duckdb target/compiled/stedi/models/curated/customers_curated.sql

Makes customers_curated again, by the model's own SQL, twice for each person in it: without that person, as after a
withdrawal; and with `k_anonymity` - 1 more accounts that have that person's age and dates. Writes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import typer

K = 5
"""How many people must share a group, as the model was compiled with."""
MADE_UP = "made up "
INPUTS = {
    "stedi_trusted.customer_trusted": "participant_id, registration_date, share_with_research_as_of_date, birth_day",
    "stedi_staging.accelerometer_trusted_parts": "*",
}


class Lakehouse:
    """What customers_curated is made of, in memory."""

    def __init__(self, database: Path, model: str) -> None:
        """Of a database, and of the model's SQL as compiled for it."""
        self.model = model
        self.connection = duckdb.connect()
        self.connection.execute(f"attach '{database}' as given (read_only)")
        self.connection.execute(f"attach ':memory:' as \"{database.stem}\"")
        self.connection.execute(f'use "{database.stem}"')
        for name, columns in INPUTS.items():
            self.connection.execute(f"create schema {name.split('.')[0]}")
            self.connection.execute(f"create table {name} as select {columns} from given.{name}")  # noqa: S608

    @contextmanager
    def changed(self, *statements: str) -> Iterator[None]:
        """With these statements done, and undone at the end."""
        self.connection.execute("begin")
        for statement in statements:
            self.connection.execute(statement)
        yield
        self.connection.execute("rollback")

    def curated(self) -> dict[str, tuple[str, ...]]:
        """Of each participant the group."""
        return {row[0]: row[1:] for row in self.connection.execute(self.model).fetchall()}

    def without(self, person: str) -> dict[str, tuple[str, ...]]:
        """The table after this person withdrew."""
        with self.changed(*(f"delete from {name} where participant_id = '{person}'" for name in INPUTS)):  # noqa: S608
            return self.curated()

    def with_accounts_like(self, person: str) -> dict[str, tuple[str, ...]]:
        """The table with accounts made up by somebody who knows this person's age and dates."""
        with self.changed(
            *(
                f"insert into {name} select had.* replace ('{MADE_UP}' || n as participant_id) "  # noqa: S608
                f"from {name} as had, range(1, {K}) as made_up (n) where participant_id = '{person}'"
                for name in INPUTS
            )
        ):
            return self.curated()


def main(database: Path, model: Path) -> None:
    """Print how many people each attack tells apart."""
    lakehouse = Lakehouse(database, model.read_text())
    before = lakehouse.curated()
    smallest: list[int] = []
    exposed: list[int] = []
    alone = few = 0
    for person in before:
        after = lakehouse.without(person)
        pairs = Counter((before[other], after[other]) for other in after)
        smallest.append(min(pairs.values()))
        exposed.append(sum(people for people in pairs.values() if people < K))
        groups = lakehouse.with_accounts_like(person)
        real = sum(group == groups[person] for other, group in groups.items() if not other.startswith(MADE_UP))
        alone += real == 1
        few += real < K
    print(f"{len(before)} people, groups of at least {min(Counter(before.values()).values())}")
    print(f"withdrawals by which two tables show people in a group of fewer than {K}: {sum(map(bool, exposed))}")
    print(f"such people, at most: {max(exposed)}; the smallest group: {min(smallest)}")
    print(f"people whom {K - 1} made-up accounts leave among fewer than {K} real ones: {few}; alone: {alone}")


if __name__ == "__main__":
    typer.run(main)
