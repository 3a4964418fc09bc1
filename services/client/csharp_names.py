"""Names as users write them, turned into C#: identifiers, string literals, texts in XML comments."""

import re
import unicodedata
from collections.abc import Iterable
from xml.sax.saxutils import escape

_STARTS = {"Lu", "Ll", "Lt", "Lm", "Lo", "Nl"}
_PARTS = _STARTS | {"Mn", "Mc", "Nd"}
_LAST_LETTER = "\uffff"
"""Beyond it a letter takes two of C#'s characters, which its identifiers do not allow."""

_WORD = re.compile(r"@?[^\W\d]\w*")
_RESERVED = """
    abstract as base bool break byte case catch char checked class const continue decimal default
    delegate do double else enum event explicit extern false finally fixed float for foreach goto
    if implicit in int interface internal is lock long namespace new null object operator out
    override params private protected public readonly ref return sbyte sealed short sizeof
    stackalloc static string struct switch this throw true try typeof uint ulong unchecked unsafe
    ushort using virtual void volatile while
"""
_KEYWORDS = frozenset(_RESERVED.split())


def is_namespace(text: str) -> bool:
    """Whether a namespace can be called so, such as `Plant.Quality`; a keyword needs an @ before it."""
    words = text.split(".")
    return all(_WORD.fullmatch(word) and word not in _KEYWORDS for word in words)


def identifier(name: str, *, otherwise: str) -> str:
    """The name in C#'s way of writing members: its words run together, each beginning with a capital.

    As every one begins with a capital or an underscore, none is a keyword. Accents stay.

    Args:
        name: any text.
        otherwise: what to call it where the name has no letter or digit.
    """
    letters = unicodedata.normalize("NFC", name)
    spaced = "".join(letter if _is_part(letter) else " " for letter in letters)
    joined = "".join(word[0].upper() + word[1:] for word in spaced.split())
    # A capital may take several letters (ß, SS), or need its accent composed again.
    joined = unicodedata.normalize("NFC", joined) or otherwise
    return joined if unicodedata.category(joined[0]) in _STARTS else f"_{joined}"


def identifiers(names: Iterable[str], *, otherwise: str, taken: Iterable[str] = ()) -> list[str]:
    """An identifier for each name, all different; where two would be alike, later ones get a number.

    Args:
        names: any texts, in the order of their claims.
        otherwise: as of `identifier`.
        taken: identifiers that none may have.
    """
    used = set(taken)
    made = []
    for name in names:
        wanted = chosen = identifier(name, otherwise=otherwise)
        number = 2
        while chosen in used:
            chosen = f"{wanted}{number}"
            number += 1
        used.add(chosen)
        made.append(chosen)
    return made


def literal(text: str) -> str:
    """A string literal that reads as the text."""
    return '"' + "".join(map(_escaped, text)) + '"'


def comment(text: str) -> str:
    """The text for an XML comment, on one line."""
    return escape(" ".join("".join(letter if letter.isprintable() else " " for letter in text).split()))


def _is_part(letter: str) -> bool:
    return unicodedata.category(letter) in _PARTS and letter <= _LAST_LETTER


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    if letter.isprintable():
        return letter
    return f"\\u{ord(letter):04x}" if letter <= _LAST_LETTER else f"\\U{ord(letter):08x}"
