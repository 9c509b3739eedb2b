"""Repairs that are mechanical: ``sql`` binds values, ``calls`` replaces one call, ``repair`` tries and verifies."""
