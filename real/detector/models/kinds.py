"""The kinds of sources and sinks: a rule names them, a model says which library calls are of which kind."""

from __future__ import annotations

from enum import Enum


class SourceKind(Enum):
    """Where outside data enter. The value ends the sentence "X ..." in a trace."""

    TERMINAL = "is what the user typed, and the program waits for it"
    WIDGET = "is what the user typed into a field"
    COMMAND_LINE = "holds the command line"
    ENVIRONMENT = "is set by the caller"
    HTTP = "is sent by the client"
    PEER = "is what the peer sent"


class Role(Enum):
    """What a call, a class or an attribute is to a rule that asks for it: it reads no data as a language of its own."""

    # CWE-327
    WEAK_HASH = "computes a hash that is broken"
    WEAK_CIPHER = "encrypts with what is broken"
    FAST_HASH = "hashes a whole message, fast"
    KEY_SIZE = "makes a key of a given size"
    NONCE = "takes a nonce or an initialisation vector"
    COUNTER = "counts from 1 unless it is told where to begin"
    GUESSABLE = "draws numbers that can be computed"
    PASSWORD_HASH = "hashes a password, slowly on purpose"
    PASSWORD_COST = "is as slow as it is told"
    PASSWORD_SALT = "takes the salt of a password"
    RANDOM = "draws numbers that nobody can compute"
    CLOCK = "tells the time"
    MACHINE_ID = "is made of the time and the address of the machine"
    TAKES_KEY = "takes the key of a cipher or of a code"
    CIPHER_MODE = "encrypts in the mode that it is told"
    WEAK_MODE = "is a mode that shows which blocks are equal"
    WEAK_PADDING = "is a padding that tells what was encrypted"
    PASSWORD_SCHEME = "hashes passwords by the schemes that it is told"
    PASSWORD_ROUNDS = "repeats the hash of a password as often as it is told"
    REVERSIBLE = "encodes numbers so that the salt can be computed from the results"
    EVERY_HASH = "lists all algorithms, the broken ones too"
    TOKEN_ENCODER = "signs a token by the algorithm that it is told"
    SIGNALS = "sends signals to processes, or handles them"
    ENCODING = "writes bytes as text, or reads them back, without a key"
    # CWE-347
    UNVERIFIED = "reads signed data without looking at the signature"
    TOKEN_HEADER = "reads the header of a token before anything is verified"
    TOKEN_DECODER = "verifies a token unless it is told not to"
    EQUALITY = "answers, in constant time, whether two texts are equal"
    ANSWER = "answers whether a signature is right, and raises nothing"
    OPENER = "returns what was signed, or raises"
    FAILURE = "is raised where a signature is wrong"
    MAC = "makes a code with a key"
    WEBHOOK_CHECK = "raises, or says no, unless a message is signed"
    PUBLIC_KEY = "loads a public key"
    CERTIFICATE = "loads a certificate"
    NAME_IN_CERTIFICATE = "is a name that everybody can write into a certificate"
    DOWNLOAD = "fetches a file"
    SAVED_DOWNLOAD = "fetches a file and saves it"
    RUNS_FILE = "runs or unpacks a file"
    STARTS = "starts a process"
    KEEPS_ALL = "keeps every result of the function that it decorates"
    KEEPS_SOME = "keeps results of the function that it decorates: all of them, if the size is None"
    EXIT = "ends the program or the answer: it never returns"
    COPIES_FILE = "copies what one file holds into another"
    NO_VERIFICATION = "verifies no server"
    SERVES = "says that a context of TLS is a server's, which asks its clients for nothing unless it is told"
    SERVER_CHECK = "verifies the server unless this is false"
    HOSTNAME_CHECK = "compares the name in the certificate unless this is false"
    HOST_KEY_CHECK = "asks whether it knows the key of the server, unless it is told not to"
    ANY_HOST_KEY = "takes whatever key the server shows"
    # CWE-862, CWE-863
    LOGIN = "lets only known people pass"
    PERMISSION = "lets only people pass who have a role or a permission"
    ANYBODY = "lets everybody pass"
    REFUSAL = "tells somebody that they may not"
    INJECTION = "gives a parameter what the named function returns"
    USERS = "tells the users of an application apart"
    BEARER = "knows a client by what no browser sends by itself"
    SESSION = "gives what is kept for one browser"
    ROW_STATEMENT = "makes a statement about rows"
    SAVED_WHEN_TOLD = "keeps what is set of a record only when it is told to save it"
    MODEL_FORM = "makes a form of the fields of a model"
    # CWE-502
    TAGS_IF_UNSAFE = "makes a reader that creates what tags name, if it is told to be unsafe"
    READS_TAGS = "reads YAML as its reader was told to"
    PEER = "brings what other machines have sent"
    PEER_PICKLE = "unpickles what a peer sends"
    PEER_KEY = "asks its peers for a key, if it is given one"
    PICKLE_FORMAT = "lists formats that are read, of which some are pickles"
    TOLD_FORMATS = "is told which formats it reads"
    DESERIALIZER = "reads every message by the function that it is given"
    # CWE-79
    RENDER = "fills a template of which its name says whether it escapes"
    LOADER = "makes what loads templates and escapes nothing unless it is told"
    AUTOESCAPE = "escapes in the templates whose names end as it is told"
    CONTEXT = "holds the values of a template"
    FORMATS_HTML = "escapes what it puts into a text of HTML"
    KEEPS_QUOTES = "escapes for HTML, and leaves quotes alone unless it is told"
    TOLD_QUOTES = "escapes for HTML, quotes as well unless it is told not to"
    WRITES_QUOTES = "escapes for HTML, and writes the quotes around it"
    ENCODES_OTHERWISE = "leaves nothing special for HTML, because it is written for another reader"
    MARKDOWN = "makes HTML of Markdown"
    # texts
    KEEPS_TEXT = "gives back a text in another form"
    DECODES = "makes characters of what stood for them, so that a test or an escape before it proves nothing"
    WRITES_LITERAL = "writes data as a literal"
    JSON_PARSER = "reads JSON"
    PARSER = "makes data of a text, and calls nothing"
    TEXT_BUFFER = "makes a text of what is written into it"
    KEEPS_PARTS = "gives all of what it is given, in parts"
    LOG = "writes to a log"
    CSV_WRITER = "writes rows of a spreadsheet"
    DOCUMENTS = "finds documents by conditions"
    BINDS_NAME = "binds to a directory by the name that it is given"
    STANDARD_SQL = "reads SQL in which only the quote means something inside a literal"
    # code
    READS_ANNOTATIONS = "evaluates annotations"
    PEER_CODE = "evaluates what is sent to a port, unless it is told how to verify it"
    RELOADS = "runs the code of a module again"
    ANY_HARM = "has functions of which many do harm, whatever they are given"
    # URLs
    URL_PARSER = "takes a URL apart"
    URL_JOINER = "makes a URL of two"
    URL_UNPARSER = "puts a URL together again"
    URL_COPY = "gives back the URL that it is given"
    QUERY_BUILDER = "makes the query of a URL"
    HOST_TEST = "answers whether the host of a URL is meant"
    RESOLVER = "looks up the addresses of a host"
    CONNECTOR_PART = "makes a client that connects by what it is told"
    CONNECTS = "connects to a host"
    READS_ADDRESS = "reads a file or what is at an address"
    RENDERS_PAGE = "renders a page, and loads what it names"
    FETCHER = "fetches what it is told"
    PROXY = "stands for the application that runs"
    OF_SERVER = "is what the server itself is, which every request has with it"
    OWN_ADDRESS = "is the address that was asked for"
    ADDRESS_METHOD = "says where the browser goes on, in a view of the program"
    # CWE-915
    OTHER_UPDATE = "has an update() that sets no fields"
    # CWE-352
    CSRF = "protects views against forged requests"
    CSRF_EXEMPT = "takes views out of the protection against forged requests"
    CSRF_SWITCH = "switches the protection against forged requests"
    CSRF_FORM = "makes forms that test a token"
    CSRF_MIDDLEWARE = "is the middleware that tests a token"
    CSRF_AUTHENTICATION = "authenticates by a session and tests a token"
    CSRF_METHOD = "is the method that tests a token"
    SESSION_MIDDLEWARE = "is the middleware that gives each browser a session"
    CORS = "lets pages of other origins send requests"
    FORM_PARAMETER = "fills a parameter from a form"
    JSON_PARAMETER = "fills a parameter from a body of JSON"
    COOKIE_PARAMETER = "fills a parameter from a cookie"
    CLIENT_PARAMETER = "fills a parameter with what the client sends"
    FORM_PARSER = "reads a form"
    SAME_SITE_SESSIONS = "keeps sessions in a cookie that is not sent with requests of other sites"
    # CWE-1333
    MATCHER = "matches a text against an expression"
    VALIDATOR = "matches what clients send against an expression"
    # TLS
    BROKEN_TLS = "is a version of TLS that is broken"
    ANY_TLS = "is any version of TLS, the broken ones too"
    LOWEST_TLS = "is the lowest version of TLS that there is"
    ADMITTING_TLS = "refuses a version of TLS that is broken"
    TLS_CONTEXT = "takes the version of TLS"
    OLD_TLS = "takes any version of TLS unless it is told"
    TLS_CIPHERS = "takes a list of ciphers"
    # CWE-770
    BODY_LIMIT = "limits how much of a request is read"
    MESSAGE_LIMIT = "limits how large a message may be, unless it is told none"
    CONTAINER = "makes a container that has no limit unless it is told"
    QUEUE = "makes a queue"
    THREAD = "starts a thread or a process"
    SIZE = "allocates or does as much as it is told"
    INFLATER = "unpacks data at once"
    ARCHIVE = "opens an archive"
    COMPRESSED = "opens a file that is compressed"
    ARCHIVE_MEMBER = "reads a member of an archive"
    STREAM_INFLATER = "unpacks as much as it is told"
    SIDES = "allocates as much as its sides say"
    # web: endpoints
    ROUTE = "makes the function that it decorates an endpoint"
    REGISTRAR = "makes the function that it is given an endpoint"
    ERROR_HANDLER = "makes the function that it decorates the answer to errors"
    CALLBACK = "calls the function that it is given with what somebody else sends"
    COMMAND = "makes the function that it decorates a command"
    GET_ONLY = "lets a view answer to GET only"
    POST_ONLY = "lets a view answer to POST only"
    ACTION = "makes the method that it decorates an endpoint of its class"
    PAGE_VIEW = "sends the text that a function returns as HTML"
    SHORTCUT = "answers a request, in a view that takes it"
    APPLICATION = "makes a web application"
    # web: responses
    RESPONSE = "makes what the client gets to see"
    BODY = "is what the client gets to see of a response"
    PAGE_BODY = "is the text of a response"
    WRITER = "sends the client what it is given"
    # CWE-77
    RUNS_PROGRAM = "starts the program that a list of arguments names"
    OPENS_BROWSER = "starts a browser with an address, which may take it for an option"
    RUNS_INSIDE = "starts a program in a container or a terminal"
    FILE_TEST = "answers whether there is a file of that name"
    # CWE-200
    TRACEBACK = "tells where an error came from"
    ENVIRONMENT = "holds the environment"
    READS_ENVIRONMENT = "reads a name of the environment"
    FILE_MODE = "says who may read a file"
    DEBUG = "shows the inside of the program where debug is set"
    CONFIGURATION = "holds the settings of an application"
    SITE_SETTING = "is a name in the settings of a site"
    CONNECTOR = "takes an address with a password in it"


class Replaces(Enum):
    """How code is made or replaced while a program runs. The value ends the sentence "X ..." in a report."""

    RUNS_CODE = "runs code that is made while the program runs"
    MAKES_FUNCTION = "makes a function of a code object"
    UNPICKLES = "calls what a pickle names"
    MEMORY = "reaches into the memory of Python"
    ADDRESSES = "writes to an address"
    ASSIGNS = "assigns what it is told to assign"
    FINDS_MODULES = "changes what an import finds"
    WRITES_FILE = "writes a file"
    LOADS_FILE = "runs a file, or the module of a name"
    PATCHES = "replaces what a name stands for"
    # what is meant to be replaced, so that nothing else relies on it
    HOOK = "is there to be assigned"


class Syntax(Enum):
    """How the text of a template marks what it shows."""

    JINJA = "jinja"
    BOTTLE = "bottle"
    MAKO = "mako"


class Kind(Enum):
    """What becomes of data in an argument: the interpreter that reads them there.

    The value ends the sentence "reaches X, which ..." in a trace. Sanitizers name the same kinds: the reader for which
    their result holds nothing special.
    """

    # CWE-89
    SQL = "runs it as an SQL statement"
    SQL_SCRIPT = "runs it as an SQL script"
    SQL_QUERY = "runs it as a query"
    SQL_TEXT = "takes it as raw SQL"
    SQL_CLAUSE = "puts it into the SQL statement"
    SQL_PROCEDURE = "calls the procedure of this name"
    # CWE-77
    SHELL = "runs it in a shell"
    REMOTE_SHELL = "runs it in a shell of the other machine"
    # CWE-79
    HTML = "sends it as HTML"
    SAFE_HTML = "takes it for safe HTML"
    HTML_MAIL = "sends it as an HTML mail"
    HTML_WIDGET = "shows it as HTML"
    # CWE-74
    XML = "reads it as XML"
    XPATH = "evaluates it as XPath"
    XSLT = "runs it as a stylesheet"
    LDAP = "searches with it as an LDAP filter"
    HEADER = "writes it into a header"
    CALL_XML = "reads it as the XML that tells what a call does"
    QUERY = "reads it as a query or condition in a language of its own"
    # CWE-94
    TEMPLATE = "compiles it as a template"
    MODULE = "runs the file or module as Python"
    MODULE_FILE = "loads the file as a module"
    MODULE_NAME = "imports the module of this name, which runs it"
    CALLED_NAMES = "calls whatever it names"
    CODE_OBJECT = "makes it a function"
    PYTHON_CELL = "runs it as a cell of Python"
    JAVASCRIPT = "runs it as JavaScript"
    LUA = "runs it as Lua"
    # CWE-95
    EVAL = "evaluates it as Python"
    EXEC = "runs it as Python"
    FORMULA = "evaluates it by eval()"
    EXPRESSION = "evaluates it as an expression"
    EMBEDDED_EVAL = "evaluates it"
    # CWE-502
    PICKLE = "unpickles it, which calls whatever it names"
    MARSHAL = "rebuilds code objects from it"
    YAML_TAGS = "creates the objects that its tags name"
    JSON_CLASSES = "creates the objects that it names"
    MODEL_LAYERS = "loads layers that hold code"
    # CWE-601
    REDIRECT = "sends the browser there"
    # CWE-918
    URL = "sends a request to it"
    HOST = "connects to it"
    RENDERED_URL = "renders it"
    FETCHED_URL = "fetches it"
    RPC_URL = "sends its calls to it"
    REQUEST_TARGET = "makes it the target of the request"
    # CWE-1333, CWE-327
    REGEX = "uses it as a regular expression"
    ALGORITHM = "computes with the algorithm of this name"
    # beyond the paper: CWE-22, CWE-611
    PATH = "opens the file of this name"
    XML_ENTITIES = "resolves the entities that it declares"


# Readers of SQL: an object that binds its data may be given to any of them.
SQL_KINDS = (Kind.SQL, Kind.SQL_SCRIPT, Kind.SQL_QUERY, Kind.SQL_TEXT, Kind.SQL_CLAUSE, Kind.SQL_PROCEDURE)
# Data that were signed by the program itself are its own, whichever of these readers gets them.
SIGNED = (Kind.PICKLE, Kind.REDIRECT, Kind.URL)
# Text for a page, and for any other markup.
MARKUP = (Kind.HTML, Kind.XML)
