"""Counts what a document is made of from its text alone, many times faster than parsing it."""

import re
from dataclasses import dataclass

# strings and comments may hold brackets that nest nothing; what is no token at all is left to the
# parser, which refuses it where it stands
_LEXEME = re.compile(
    r'"""(?:\\"""|[^"]|"(?!""))*(?:"""|\Z)'
    r'|"(?:[^"\\\n\r]|\\[^\n\r])*"?'
    r"|\#[^\n\r]*"
    r"|\.\.\."
    r"|[{}()\[\]!$&:=@|]"
    r"|[\w.+-]+"
)
_OPENING = frozenset("{[(")
_CLOSING = frozenset("}])")
# what follows the dots of a fragment that is written where it applies
_INLINE = frozenset({"on", "@", "{"})


@dataclass(slots=True)
class LexemeCounts:
    """What a document is made of."""

    tokens: int
    """With comments."""
    directives: int
    nesting: int = 0
    """How many brackets of any kind are open at one time."""
    aliases: int = 0
    fragments: int = 0
    spreads: int = 0


def lexemes_of(text: str) -> list[str]:
    """The words, strings, comments and signs of a document."""
    return _LEXEME.findall(text)


def count_lexemes(lexemes: list[str]) -> LexemeCounts:
    """Count them; right wherever the document is GraphQL."""
    counts = LexemeCounts(len(lexemes), lexemes.count("@"))
    depth = arguments = 0
    for place, one in enumerate(lexemes):
        if one in _OPENING:
            depth += 1
            counts.nesting = max(counts.nesting, depth)
            arguments += one == "("
        elif one in _CLOSING:
            depth -= 1
            arguments -= one == ")"
        elif one == ":":
            # in arguments it comes between a name and a value
            counts.aliases += arguments == 0
        elif one == "...":
            following = lexemes[place + 1 : place + 2]
            counts.spreads += not _INLINE.intersection(following)
        elif one == "fragment":
            counts.fragments += depth == 0
    return counts
