"""Which public names may be taken: nobody may look like an agency or a moderator."""

import re
from unicodedata import combining, normalize

# No name of a person holds one of these, whatever stands before or behind it.
OFFICES = ("moderator", "administrator", "operator", "petugas", "rembuk", "pemerintah", "pemda")
# These stand in other words too ("badminton"): alone, or before something that sounds like more.
WORDS = frozenset({"admin", "pemkot", "pemkab", "pemprov"})
MORE = re.compile(r"(resmi|kota|pusat|situs|web|portal|utama|official|team|tim|dinas|id)*")

# Small letters of other scripts, digits and signs that are read as Latin letters.
_LOOK_ALIKES = str.maketrans(
    "авекмнорстухіјѕԁɡɑαβεικνορτυχ01345$@|!",  # noqa: RUF001
    "abekmhopctyxijsdgaabeikvoptuxoleassali",
)
_UPRIGHT = str.maketrans("1|", "ii")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_DIGITS = re.compile(r"[0-9]+")


def skeleton(name: str) -> str:
    """Give what the eye reads: small Latin letters without accents, one space between words."""
    plain = "".join(c for c in normalize("NFKD", name) if not combining(c))
    return " ".join(re.findall(r"[^\W_]+", plain.casefold().translate(_LOOK_ALIKES)))


def readings(name: str) -> tuple[str, ...]:
    """Give the ways to read it: digits as the letters they look like, or as mere numbers."""
    plain = _HUMP.sub(" ", normalize("NFKD", name))
    ways = (plain, plain.translate(_UPRIGHT), _DIGITS.sub("", plain))
    return tuple(dict.fromkeys(skeleton(way).replace("rn", "m") for way in ways))


def sounds_official(name: str) -> bool:
    """Say whether the name is, or begins like, one that only offices carry."""
    return any(
        any(office in reading.replace(" ", "") for office in OFFICES)
        or any(_is_office(word) for word in reading.split())
        for reading in readings(name)
    )


def _is_office(word: str) -> bool:
    return any(
        word.startswith(office) and MORE.fullmatch(word, len(office)) is not None
        for office in WORDS
    )
