"""Python: reading and writing objects."""

from __future__ import annotations

from real.detector.models.kinds import MARKUP, Kind, Role
from real.detector.models.rows import Library, arg, calls, modules, sanitizers, sinks

LIBRARY = Library(
    "serialization",
    "",
    (
        *sinks(Kind.PICKLE, arg(0, "data"), "pickle.loads", "_pickle.loads"),
        *sinks(Kind.PICKLE, arg(0, "s"), "pickle._loads"),
        *sinks(Kind.PICKLE, arg(0, "file"), "pickle.{_load,_Unpickler}"),
        *sinks(Kind.PICKLE, arg(0, "str"), "cPickle.loads", until="Python 3"),
        *sinks(Kind.PICKLE, arg(0, "file"), "pickle.{load,Unpickler}", "_pickle.{load,Unpickler}"),
        *sinks(Kind.PICKLE, arg(0, "file"), "cPickle.{load,Unpickler}", until="Python 3"),
        *sinks(Kind.MARSHAL, arg(0, "bytes"), "marshal.loads"),
        *sinks(Kind.MARSHAL, arg(0, "file"), "marshal.load"),
        *sinks(Kind.PICKLE, arg(0, "filename"), "shelve.{open,DbfilenameShelf}"),
        *sanitizers(MARKUP, "base64.b64encode", "base64.urlsafe_b64encode"),
        *calls(Role.ENCODES_OTHERWISE, (), "base64.{b64encode,urlsafe_b64encode}"),
        *modules(Role.ENCODING, "base64", "binascii"),
        *calls(Role.ENCODING, arg(0, "obj"), "codecs.{encode,decode}"),
        *calls(Role.JSON_PARSER, (), "json.{load,loads}"),
        *calls(Role.PARSER, (), "ast.literal_eval", "tomllib.loads"),
        *calls(Role.WRITES_LITERAL, (), "builtins.{repr,ascii}", "json.dumps", "pprint.pformat"),
        *calls(Role.KEEPS_PARTS, (), "ast.{parse,walk}", "shlex.split", "builtins.{list,set,str,tuple}"),
        *calls(Role.DECODES, arg(0, "string"), "urllib.parse.{unquote,unquote_plus,unquote_to_bytes}"),
        *calls(Role.DECODES, arg(0, "s"), "html.unescape", "base64.{b64decode,urlsafe_b64decode,standard_b64decode}"),
        *calls(Role.DECODES, arg(0, "hexstr"), "binascii.{unhexlify,a2b_hex}"),
        *calls(Role.DECODES, arg(0, "string"), "builtins.bytes.fromhex"),
        *calls(Role.DECODES, arg(1, "unistr"), "unicodedata.normalize"),
        *calls(
            Role.KEEPS_TEXT,
            (),
            "builtins.{str,repr,format}",
            "html.unescape",
            "urllib.parse.{unquote,unquote_plus}",
            "textwrap.{fill,dedent,shorten,indent}",
        ),
    ),
)
