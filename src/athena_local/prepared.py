"""Prepared statements: a workgroup's, made by PREPARE or through Athena's API."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlglot.tokens import Token, TokenType

from athena_local.errors import QueryError
from athena_local.results import Result
from athena_local.session import Session
from athena_local.tokens import trino_tokens

Action = Callable[[Session], Result]

_OPEN = {TokenType.L_PAREN, TokenType.L_BRACKET}
_CLOSE = {TokenType.R_PAREN, TokenType.R_BRACKET}


@dataclass(frozen=True)
class PreparedStatement:
    """A statement with question marks for its parameters."""

    name: str
    sql: str
    description: str | None = None
    modified: float = field(default_factory=time.time)  # seconds since 1970


class PreparedStatements(dict[str, PreparedStatement]):
    """A workgroup's prepared statements by name."""

    def __init__(self, workgroup: str = "primary") -> None:
        """Have none yet."""
        super().__init__()
        self.workgroup = workgroup

    def find(self, name: str) -> PreparedStatement:
        """Return a statement. Raises QueryError when there is none of this name."""
        if name not in self:
            raise QueryError(f"PreparedStatement {name} was not found in workGroup {self.workgroup}")
        return self[name]

    def add(self, statement: PreparedStatement) -> None:
        """Keep a new statement. Raises QueryError when there is one of its name."""
        if self.setdefault(statement.name, statement) is not statement:
            raise QueryError(f"PreparedStatement {statement.name} already exists in workGroup {self.workgroup}")


def prepare(text: str, statements: PreparedStatements) -> Action:
    """Return what runs PREPARE name FROM statement. Raises QueryError."""
    name, rest = _named(text, 1)
    if len(rest) < 2 or rest[0].text.upper() != "FROM":
        raise _unexpected(text, rest)
    statement = PreparedStatement(name, text[rest[1].start : rest[-1].end + 1])

    def run(session: Session) -> Result:
        statements.add(statement)
        return Result()

    return run


def deallocate(text: str, statements: PreparedStatements) -> Action:
    """Return what runs DEALLOCATE PREPARE name. Raises QueryError."""
    name, rest = _named(text, 2)
    if rest:
        raise _unexpected(text, rest)

    def run(session: Session) -> Result:
        statements.find(name)
        del statements[name]
        return Result()

    return run


def execute(text: str) -> tuple[str, list[str]]:
    """Return the name and the values of EXECUTE name [USING value, ...]. Raises QueryError."""
    name, rest = _named(text, 1)
    if not rest:
        return name, []
    if len(rest) < 2 or rest[0].text.upper() != "USING":
        raise _unexpected(text, rest)
    values, depth, start = [], 0, rest[1].start
    for token in rest[1:]:
        depth += (token.token_type in _OPEN) - (token.token_type in _CLOSE)
        if token.token_type is TokenType.COMMA and depth == 0:
            values.append(text[start : token.start])
            start = token.end + 1
    values.append(text[start : rest[-1].end + 1])
    return name, [value.strip() for value in values]


def _named(text: str, verbs: int) -> tuple[str, list[Token]]:
    """Return the name after the verbs of a statement, and the tokens after the name."""
    tokens = list(trino_tokens(text))
    if len(tokens) <= verbs or tokens[verbs].token_type is TokenType.STRING:
        raise _unexpected(text, tokens[verbs:])
    return tokens[verbs].text, tokens[verbs + 1 :]


def _unexpected(text: str, rest: list[Token]) -> QueryError:
    near = text[rest[0].start : rest[0].end + 1] if rest else "<EOF>"
    return QueryError(f"SYNTAX_ERROR: mismatched input '{near}'", error_type=1006)
