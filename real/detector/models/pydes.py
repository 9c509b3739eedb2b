"""pyDes: DES in Python."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, calls

LIBRARY = Library("pydes", "pyDes", (*calls(Role.WEAK_CIPHER, (), "pyDes.des.new", shown="DES"),), unchecked="no wheel")
