"""Which public names may be taken: nobody may look like an agency or a moderator."""

import re
from unicodedata import combining, normalize

OFFICIAL_WORDS = frozenset({"admin", "administrator", "moderator", "petugas", "rembuk", "operator"})

# Small letters of other scripts, digits and signs that are read as Latin letters.
_LOOK_ALIKES = str.maketrans(
    "авекмнорстухіјѕԁɡαβεικνορτυχ01345$@|!",  # noqa: RUF001
    "abekmhopctyxijsdgabeikvoptuxoleassali",
)


def skeleton(name: str) -> str:
    """Give what the eye reads: small Latin letters without accents, one space between words."""
    plain = "".join(c for c in normalize("NFKD", name) if not combining(c))
    return " ".join(re.findall(r"[^\W_]+", plain.casefold().translate(_LOOK_ALIKES)))


def sounds_official(name: str) -> bool:
    """Say whether a word of the name is one that only offices carry."""
    return not OFFICIAL_WORDS.isdisjoint(skeleton(name).split())
