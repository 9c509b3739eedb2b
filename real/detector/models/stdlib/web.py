"""Python: URLs, HTTP, mail and markup."""

from __future__ import annotations

from real.detector.models.kinds import MARKUP, Kind, Role, SourceKind
from real.detector.models.rows import Library, Returns, arg, calls, handlers, modules, sanitizers, sinks, sources
from real.detector.models.when import May

LIBRARY = Library(
    "web",
    "",
    (
        *calls(Role.CONNECTOR_PART, arg(0, "opener"), "urllib.request.install_opener"),
        *calls(Role.URL_PARSER, (), "urllib.parse.{urlparse,urlsplit}"),
        *calls(
            Role.URL_PARSER, (), "{urlparse,urllib.parse.urlparse}.{urlparse,urlsplit}", until="a module in Python 2"
        ),
        *calls(Role.URL_JOINER, (), "urllib.parse.urljoin"),
        *calls(Role.URL_JOINER, (), "{urlparse,urllib.parse.urlparse}.urljoin", until="a module in Python 2"),
        *calls(Role.URL_UNPARSER, (), "urllib.parse.{urlunparse,urlunsplit}"),
        *calls(Role.URL_COPY, (), "builtins.str", "urllib.request.Request", "urllib.parse.urldefrag"),
        *calls(Role.QUERY_BUILDER, (), "urllib.parse.{urlencode,quote,quote_plus}"),
        *handlers(
            "Handler", "http.server.{BaseHTTPRequestHandler,SimpleHTTPRequestHandler}", form="do_{VERB}", is_alone=True
        ),
        *calls(Role.WRITER, (), "http.server.{BaseHTTPRequestHandler,SimpleHTTPRequestHandler}().send_error"),
        *calls(Role.CALLBACK, arg(0, "function"), "xmlrpc.server.SimpleXMLRPCServer().register_function"),
        *sinks(Kind.HEADER, arg(1, "value"), "**.send_header", of=("http.server.BaseHTTPRequestHandler",)),
        *sinks(
            Kind.XPATH,
            arg(0, "path"),
            "xml.etree.ElementTree.**.{find,findall,findtext,iterfind}",
            of=("xml.etree.ElementTree.Element",),
        ),
        *sinks(Kind.HTML_MAIL, arg(0, "_text"), "email.mime.text.MIMEText", when=May(arg(1, "_subtype"), ("html",))),
        *sinks(
            Kind.HTML_MAIL,
            arg(0, "content"),
            "email.message.EmailMessage().{set_content,add_alternative}",
            when=May(arg(1, "subtype"), ("html",)),
        ),
        *sinks(Kind.XML_ENTITIES, arg(0, "source"), "xml.sax.make_parser().parse"),
        Returns("urllib.request.build_opener", "urllib.request.OpenerDirector"),
        Returns("xml.sax.make_parser", "xml.sax.expatreader.ExpatParser"),
        *sinks(Kind.URL, arg(0, "url"), "urllib.request.{urlopen,urlretrieve}"),
        *sinks(Kind.URL, arg(0, "fullurl"), "urllib.request.{build_opener,OpenerDirector}().open"),
        *sinks(Kind.URL, arg(0, "url"), "urllib.urlopen", "urllib2.urlopen", until="Python 3"),
        *sinks(Kind.HOST, arg(0, "host"), "http.client.{HTTPConnection,HTTPSConnection}"),
        *sinks(Kind.RPC_URL, arg(0, "uri"), "xmlrpc.client.ServerProxy"),
        *calls(Role.FORM_PARSER, arg(0, "qs"), "urllib.parse.parse_qs"),
        *modules(Role.PEER, "urllib.request"),
        *calls(Role.KEEPS_QUOTES, arg(1, "quote"), "cgi.escape", until="Python 3.8"),
        *calls(Role.KEEPS_QUOTES, arg(1, "entities"), "xml.sax.saxutils.escape"),
        *calls(Role.TOLD_QUOTES, arg(1, "quote"), "html.escape"),
        *calls(Role.WRITES_QUOTES, (), "xml.sax.saxutils.quoteattr"),
        *calls(Role.ENCODES_OTHERWISE, (), "urllib.parse.{quote,quote_plus,urlencode}"),
        *calls(Role.ENCODES_OTHERWISE, (), "urllib.quote", until="Python 3"),
        *sanitizers(MARKUP, "cgi.escape", until="Python 3.8"),
        *sanitizers(
            MARKUP, "html.escape", "urllib.parse.{quote,quote_plus,urlencode}", "xml.sax.saxutils.{escape,quoteattr}"
        ),
        *sanitizers(MARKUP, "urllib.quote", until="Python 3"),
        *sources(SourceKind.HTTP, "FieldStorage() holds the request", "cgi.FieldStorage()", until="Python 3.13"),
        *sources(
            SourceKind.HTTP,
            "{name} of a request handler is sent by the client",
            "http.server.{BaseHTTPRequestHandler,SimpleHTTPRequestHandler}().{path,headers,rfile,requestline}",
            "socketserver.StreamRequestHandler().{rfile,request}",
            "socketserver.BaseRequestHandler().request",
        ),
        *calls(Role.DOWNLOAD, (), "urllib.request.urlopen", "urllib.request.urlretrieve"),
        *calls(Role.SAVED_DOWNLOAD, (), "urllib.request.urlretrieve"),
    ),
)
