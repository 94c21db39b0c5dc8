"""Errors that are told to people in one line."""


class LocalAthenaError(Exception):
    """Local Athena cannot start or go on; the message says why and what to do."""


class QueryError(Exception):
    """A query fails, as it does on Athena.

    `category` is AthenaError's ErrorCategory: 1 system, 2 user, 3 other.
    `error_type` is AthenaError's ErrorType, whose numbers are in Athena's guide
    ("Athena error catalog").
    """

    def __init__(self, message: str, *, category: int = 2, error_type: int = 1) -> None:
        """Keep the message and its place in Athena's error catalogue."""
        super().__init__(message)
        self.category = category
        self.error_type = error_type
