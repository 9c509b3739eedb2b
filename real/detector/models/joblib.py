"""joblib: files of pickles."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "joblib",
    "joblib==1.6.0",
    (
        *sinks(Kind.PICKLE, arg(0, "filename"), "joblib.load"),
        *sinks(Kind.PICKLE, arg(0, "filename"), "sklearn.externals.joblib.load", until="scikit-learn 0.23"),
    ),
)
