"""Words by which a name is taken for evidence, each list once: what for, two unrelated examples, a source.

Words are weak evidence: they say what a name is about, never that something is safe or unsafe by itself. What a library
documents is no word but a row of a model (``models/``), except methods and attributes of objects that come from
elsewhere, of which only the name is known. ``words()`` splits names.
"""

from real.detector.vocabulary.entry import Pairs as Pairs
from real.detector.vocabulary.entry import Words as Words
from real.detector.vocabulary.entry import words as words
from real.detector.vocabulary.people import *  # noqa: F403
from real.detector.vocabulary.records import *  # noqa: F403
from real.detector.vocabulary.requests import *  # noqa: F403
from real.detector.vocabulary.secrets import *  # noqa: F403
from real.detector.vocabulary.texts import *  # noqa: F403
