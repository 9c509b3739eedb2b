"""cryptography: tokens of Fernet."""

from __future__ import annotations

from real.detector.models.kinds import SIGNED
from real.detector.models.rows import Library, sanitizers

LIBRARY = Library(
    "cryptography",
    "cryptography==50.0.2",
    (*sanitizers(SIGNED, "cryptography.fernet.Fernet().decrypt", "cryptography.fernet.MultiFernet().decrypt"),),
)
