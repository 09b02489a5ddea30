"""A place in the tokens of a filter, from which they are taken one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from jupyter_tracker.errors import InvalidFilter, did_you_mean
from jupyter_tracker.filters.tokens import Kind, Token, tokens


class Cursor:
    """The tokens of a text and the next one to be read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens = tokens(text)
        self._position = 0

    @property
    def current(self) -> Token:
        """The next token."""
        return self._tokens[self._position]

    def at_end(self) -> bool:
        """Whether all are taken."""
        return self.current.kind is Kind.END

    def reject(self, message: str, token: Token | None = None, keywords: Sequence[str] = ()) -> NoReturn:
        """Raise, naming what was found and, for a word, the keyword that it may have been meant to be."""
        token = token or self.current
        hint = did_you_mean(token.text.upper(), keywords) if token.kind is Kind.WORD else ""
        raise InvalidFilter(f"{message}, found {token}.{hint}", self.text, token.column)

    def advance(self) -> Token:
        """Take the next token, whatever it is."""
        token = self.current
        if token.kind is not Kind.END:
            self._position += 1
        return token

    def word(self, word: str) -> bool:
        """Take a keyword if it comes next."""
        taken = self.current.kind is Kind.WORD and self.current.text.upper() == word
        self._position += taken
        return taken

    def symbol(self, symbol: str) -> bool:
        """Take a symbol if it comes next."""
        taken = self.current.kind is Kind.SYMBOL and self.current.text == symbol
        self._position += taken
        return taken

    def expect(self, symbol: str, message: str, keywords: Sequence[str] = ()) -> None:
        """Take a symbol; `InvalidFilter` with the message when another token comes next."""
        if not self.symbol(symbol):
            self.reject(message, keywords=keywords)
