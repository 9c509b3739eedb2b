"""Layer 3: Landlock, which confines files (and, where the kernel can, TCP and signals) without any privilege."""

from __future__ import annotations

import ctypes
import os
import stat
import struct

from . import linux

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_MAKE_CHAR, _MAKE_BLOCK, _TRUNCATE = 1 << 6, 1 << 11, 1 << 14
_FILE_ONLY = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
_RULE_PATH_BENEATH = 1
_QUERY_VERSION = 1


def abi() -> int:
    """The kernel's Landlock version, 0 where there is none."""
    try:
        return linux.syscall("landlock", linux.SYS_LANDLOCK_CREATE, None, 0, _QUERY_VERSION)
    except OSError:
        return 0


def _file_rights(version: int) -> int:
    # v1 has 13 rights, v2 adds REFER, v3 TRUNCATE, v5 IOCTL_DEV
    return (1 << (13 + (version >= 2) + (version >= 3) + (version >= 5))) - 1


def _attributes(version: int) -> bytes:
    """struct landlock_ruleset_attr: no TCP (v4), no abstract sockets and no signals to outside (v6)."""
    words = (_file_rights(version), 0b11, 0b11)[: 1 + (version >= 4) + (version >= 6)]
    return struct.pack(f"={len(words)}Q", *words)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return  # a path that is not there needs no rule
    try:
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            rights &= _FILE_ONLY
        # struct landlock_path_beneath_attr is packed: u64 rights, s32 fd
        rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, fd))
        linux.syscall("landlock_add_rule", linux.SYS_LANDLOCK_ADD, ruleset, _RULE_PATH_BENEATH, rule, 0)
    finally:
        os.close(fd)


def ruleset(version: int, readable: list[str], devices: list[str], writable: str) -> int:
    """A descriptor for landlock_restrict_self.

    Its rules: read and execute below ``readable``, use ``devices``, do anything below ``writable``.
    """
    attributes = _attributes(version)
    rules = linux.syscall("landlock_create_ruleset", linux.SYS_LANDLOCK_CREATE, attributes, len(attributes), 0)
    everything = _file_rights(version)
    try:
        for path in readable:
            _allow(rules, path, _READ)
        for path in devices:
            _allow(rules, path, (_READ_FILE | _WRITE_FILE) & everything)
        _allow(rules, writable, everything & ~(_MAKE_CHAR | _MAKE_BLOCK))
    except OSError:
        os.close(rules)
        raise
    return rules
