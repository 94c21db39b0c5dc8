"""A statement's words: sqlglot's tokens and a cursor over them, for what no parser has.

sqlglot parses most statements; SHOW, MSCK, OPTIMIZE, VACUUM, CREATE DATABASE and partitions are
left to a reader of tokens, which still knows comments, strings and quoted names.
"""

from collections.abc import Sequence
from typing import ClassVar

from sqlglot.dialects import Hive, Trino
from sqlglot.errors import TokenError
from sqlglot.tokens import Token, Tokenizer, TokenType

from athena_local.errors import QueryError


class _HiveTokenizer(Hive.Tokenizer):
    """Hive's tokenizer, but with no word that swallows the rest of a statement as one token."""

    COMMANDS: ClassVar[set[TokenType]] = set()
    KEYWORDS: ClassVar[dict[str, TokenType]] = {
        word: kind for word, kind in Hive.Tokenizer.KEYWORDS.items() if " " not in word
    }


class _TrinoTokenizer(Trino.Tokenizer):
    """Trino's tokenizer, likewise, and leaving X'..' to Trino, which allows spaces in it."""

    COMMANDS: ClassVar[set[TokenType]] = set()
    KEYWORDS: ClassVar[dict[str, TokenType]] = {
        word: kind for word, kind in Trino.Tokenizer.KEYWORDS.items() if " " not in word
    }
    HEX_STRINGS: ClassVar[list[str | tuple[str, str]]] = []


def trino_tokens(text: str) -> Sequence[Token]:
    """Return the tokens of a statement as Trino reads them. Raises QueryError."""
    return _tokens(text, _TrinoTokenizer(dialect=Trino()))


def hive_tokens(text: str) -> Sequence[Token]:
    """Return the tokens of a statement as Hive reads them. Raises QueryError."""
    return _tokens(text, _HiveTokenizer(dialect=Hive()))


def _tokens(text: str, tokenizer: Tokenizer) -> Sequence[Token]:
    try:
        tokens = tokenizer.tokenize(text)
    except TokenError as error:
        raise QueryError(f"SYNTAX_ERROR: {str(error).splitlines()[0]}", error_type=1006) from error
    while tokens and tokens[-1].token_type is TokenType.SEMICOLON:
        tokens.pop()
    for token in tokens:
        if token.token_type is TokenType.SEMICOLON:
            raise QueryError(f"Only one sql statement is allowed. Got: {text}", error_type=1006)
    return tokens


def first_words(text: str) -> list[str]:
    """Return the first words of a statement in upper case, whichever engine it is for."""
    for read in (trino_tokens, hive_tokens):
        try:
            return [token.text.upper() for token in read(text)[:6]]
        except QueryError as error:
            if "Only one" in str(error):
                raise
            failure = error
    raise failure


class Cursor:
    """Reads a Hive-style statement token by token."""

    def __init__(self, text: str) -> None:
        """Stand before the first token of `text`."""
        self._text = text
        self._tokens = hive_tokens(text)
        self._next = 0

    def peek(self) -> Token | None:
        """Return the next token, or None at the end."""
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def accept(self, *words: str) -> bool:
        """Step over `words` if they come next, in any case; say whether they did."""
        ahead = self._tokens[self._next : self._next + len(words)]
        if [token.text.upper() for token in ahead] != list(words):
            return False
        self._next += len(words)
        return True

    def expect(self, *words: str) -> None:
        """Step over `words`. Raises QueryError when something else comes."""
        if not self.accept(*words):
            raise self.unexpected()

    def expect_one_of(self, *words: str) -> None:
        """Step over one of `words`. Raises QueryError when something else comes."""
        if not any(self.accept(word) for word in words):
            raise self.unexpected()

    def name(self) -> str:
        """Return the next name, in lower case as Glue keeps it. Names in "..." are refused."""
        token = self.peek()
        if token is None or token.token_type is TokenType.STRING or not _is_word(token.text):
            raise self.unexpected()
        self._next += 1
        return token.text.lower()

    def names(self, *, is_plain: bool = False) -> list[str]:
        """Return the next name with the names before it: [table], [database, table], ...

        With `is_plain`, backticks may stand around the last of them only.
        """
        first, names = self._next, [self.name()]
        while self.accept("."):
            names.append(self.name())
        for at in range(first, self._next - 1):
            if is_plain and self._text[self._tokens[at].start] == "`":
                self._next = at
                raise self.unexpected()
        return names

    def string(self) -> str:
        """Return the next text in quotes."""
        token = self.peek()
        if token is None or token.token_type is not TokenType.STRING:
            raise self.unexpected()
        self._next += 1
        return token.text

    def value(self) -> str:
        """Return the next text or number."""
        token = self.peek()
        if token is not None and token.token_type is TokenType.NUMBER:
            self._next += 1
            return token.text
        return self.string()

    def rest(self) -> str:
        """Return the text from here to the end."""
        token = self.peek()
        self._next = len(self._tokens)
        return self._text[token.start : self._tokens[-1].end + 1] if token else ""

    def end(self) -> None:
        """Raise QueryError when anything is left."""
        if self.peek() is not None:
            raise self.unexpected()

    def unexpected(self) -> QueryError:
        """Return the error that names the next token."""
        token = self.peek()
        if token is None:
            return QueryError("FAILED: ParseException: cannot recognize input near '<EOF>'", error_type=1006)
        near = self._text[token.start : token.end + 1]
        return QueryError(
            f"FAILED: ParseException line {token.line}:{token.col} cannot recognize input near '{near}'",
            error_type=1006,
        )


def _is_word(text: str) -> bool:
    return all(char.isalnum() or char in "_$-@" for char in text)
