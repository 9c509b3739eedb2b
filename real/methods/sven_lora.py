"""SVEN with LoRA adapters in place of prefixes, as REAL's paper ran it; see ``real.methods.sven``."""

from __future__ import annotations

from real.methods.sven import Sven

METHOD = Sven("sven_lora")
