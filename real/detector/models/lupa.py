"""Lupa: Lua."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library("lupa", "lupa==2.8", (*sinks(Kind.LUA, arg(0, "lua_code"), "lupa.LuaRuntime().execute"),))
