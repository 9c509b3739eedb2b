"""Words by which a name is taken for evidence, each list once: what for, two unrelated examples, a source.

Words are weak evidence: they say what a name is about, never that something is safe or unsafe by itself. What a library
documents is no word but a row of a model (``models/``). ``words()`` splits names.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Self


@lru_cache(maxsize=8192)
def words(name: str) -> frozenset[str]:
    """The words of an identifier, and the identifier itself, in lower case."""
    parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)
    return frozenset((name.lower(), *(part.lower() for part in parts)))


class Words(frozenset[str]):
    """A list of lower-case words. ``examples`` are names in two programs that have nothing to do with each other."""

    purpose: str
    examples: tuple[str, str]
    source: str

    def __new__(cls, text: str, purpose: str, examples: tuple[str, str], source: str) -> Self:
        made = super().__new__(cls, text.split())
        made.purpose, made.examples, made.source = purpose, examples, source
        return made


class Pairs(tuple[frozenset[str], ...]):
    """Like ``Words``, of words that count only together."""

    purpose: str
    examples: tuple[str, str]
    source: str

    def __new__(cls, pairs: tuple[str, ...], purpose: str, examples: tuple[str, str], source: str) -> Self:
        made = super().__new__(cls, (frozenset(pair.split()) for pair in pairs))
        made.purpose, made.examples, made.source = purpose, examples, source
        return made

    def said_by(self, name: frozenset[str]) -> bool:
        """Whether all words of one of the pairs are among the words of a name."""
        return any(pair <= name for pair in self)


MAPPING_WORDS = Words(
    """base cache config configuration context default defaults destination dict env environ headers kwargs left
    mapping merged options opts other params parameters registry result right source src target""",
    "names of mappings that are no records: options, caches, and the two sides of a merge",
    ("def merge(source, target)", "self.defaults.update(defaults)"),
    "Python's documentation: dict(mapping), ChainMap (defaults, environ), functools.update_wrapper (wrapped, assigned)",
)
OWNERS = Words(
    "account author buyer creator customer employee member owner patient recipient tenant user username",
    "fields of a record that say whose it is",
    ("note.owner == current_user", "invoice.customer_id"),
    "Django's documentation (author, owner, user); CWE-639 (the owner of a record)",
)
RECORD_OWNERS = Words(
    "author buyer creator customer employee owner patient recipient tenant",
    "the same, of programs as a whole: ``account`` and ``user`` are also what a session keeps of the person who asks",
    ("note.owner", "invoice.customer_id"),
    "CWE-639 (the owner of a record)",
)
PERSONS = Words(
    "account claims current customer identity member person token uid user viewer",
    "what an application keeps about the person who asks: attributes of Flask's g, parameters",
    ("g.user", "g.current_customer"),
    "Flask's tutorial (g.user); OpenID Connect Core (claims, identity, token)",
)
ACTORS = Words(
    "actor caller current principal requester requesting viewer",
    "parameters that stand for the person who asks, whatever the function does with them",
    ("def delete(note_id, actor)", "def close(self, ticket, requesting_user)"),
    'CWE-862 ("an actor"), AWS (GetCallerIdentity, principal), Flask-Login and FastAPI (current_user)',
)
ROLE_WORDS = Words(
    "admin administrator permission permissions privileged role roles staff superuser",
    "values and fields that say what somebody may do, where whoever sets them decides it",
    ('if request.args.get("role") == "admin"', "user.is_superuser"),
    "Django (is_staff, is_superuser), NIST's role-based access control (role, permission); CWE-269",
)
PERSON_RECORDS = Words(
    """account accounts admin admins contact credentials customer customers employee employees login member members
    patient people person profile staff student students user users""",
    "tables, collections and models whose records are persons or their accounts",
    ("SELECT * FROM customers", "db.users.find_one(...)"),
    "CWE-359 (private personal information); Django (django.contrib.auth.models.User)",
)
KEY_WORDS = Words(
    "key keys passphrase password pepper private salt secret secrets token",
    "what goes into a digest or a cipher and is known to nobody else",
    ("hmac.new(secret_key, body)", "sha256(salt + password)"),
    "RFC 2104 (key), NIST SP 800-132 (salt, password), CWE-321",
)
LOG_WORDS = Words(
    "audit journal log logger logging logs",
    "objects and files that note what goes on, and files of that",
    ("self.audit_log.info(...)", 'open("journal.txt", "a")'),
    "Python's documentation (logging), CWE-117 and CWE-532",
)
SIGNATURE_WORDS = Words(
    "digest hmac mac sig sign signature signatures",
    "values that prove who wrote a message; a mask, a sign of a number and a signal are none",
    ("expected_sig", "request.headers['X-Hub-Signature']"),
    "RFC 2104 (HMAC, MAC), RFC 7515 (signature)",
)
SECRET_WORDS = Words(
    "credentials cvc cvv hash iban otp passcode passphrase passwd password pwd secret secrets ssn totp",
    "fields that are never shown to anybody",
    ("user.password", "card['cvv']"),
    "CWE-200 and CWE-359; PCI DSS 3.3 (cvv); OWASP Secrets Management Cheat Sheet",
)
HOST_WORDS = Words(
    "domain domains host hostname hosts netloc origin origins",
    "values that are hosts, or lists of hosts",
    ("ALLOWED_HOSTS", "parts.netloc"),
    "RFC 6454 (origin), urllib.parse (netloc, hostname), Django (ALLOWED_HOSTS)",
)
HTML_ESCAPING = Words(
    "esc escape escaped htmlescape sanitize sanitized",
    "functions of files that are not seen, by whose name their result may stand in the text of a page",
    ("escape_html(comment)", "helpers.sanitize_user_text(bio)"),
    "OWASP Cross Site Scripting Prevention Cheat Sheet (escaping, HTML sanitization); WordPress (esc_html)",
)
OTHER_READERS = Words(
    """bash css csv filename filter identifier javascript js json ldap like log logs markdown md path pattern quotes
    regex regexp shell slug sql url uri xpath yaml""",
    "whom an escaping function is for that is not for pages",
    ("escape_like(term)", "sanitize_filename(upload.filename)"),
    "OWASP Injection Prevention Cheat Sheet (escaping is specific to the interpreter)",
)
JSON_FRAMEWORKS = Words(
    "apiflask connexion flask_openapi3 flask_restplus flask_restx flask_smorest muffin",
    "modules without a model whose decorators look like those of views that return pages, and which return JSON",
    ("from flask_restx import Api", "import connexion"),
    "the quickstarts of these libraries",
)
CSRF_PROTECTIONS = Words(
    "csrfmiddleware csrfprotectmiddleware xsrf",
    "what protects all views of an application against forged requests, in libraries without a model",
    ("app.add_middleware(CSRFMiddleware, secret=KEY)", "settings = {'xsrf_cookies': True}"),
    "starlette-csrf, starlette-wtf, Tornado (xsrf)",
)
FINDING_WORDS = Words(
    "fetch find get load lookup one query read retrieve scalar select where",
    "first words of functions that look a record up",
    ("find_note(note_id)", "load_invoice(number)"),
    "Fowler, Patterns of Enterprise Application Architecture (Repository, Query Object); SQL (SELECT, WHERE)",
)
DELETING_VERBS = Words(
    "delete destroy drop erase purge remove revoke",
    "first words of functions, and words of addresses, that take a record away",
    ("def delete_note(note_id)", "@app.post('/items/<key>/remove')"),
    "RFC 9110 (DELETE), SQL (DELETE, DROP, REVOKE), Django (QuerySet.delete), Rails (destroy)",
)
CHANGING_VERBS = Words(
    """activate approve archive assign ban block cancel change close deactivate disable edit move publish reject rename
    reset restore save set suspend transfer update""",
    "first words of functions of other files that change a record; weak evidence, in endpoints only",
    ("close_ticket(ticket_id)", "self.orders.cancel(order_id)"),
    "SQL (UPDATE, SET), Django (save, update), GitHub's REST API (close, rename, archive, transfer)",
)
PRIVILEGES = Words(
    """acl admin administrator allowed authorize authorized can group groups manager operator owner owners owns
    permission permissions permitted policy privilege privileged privileges role roles scope scopes staff
    superuser""",
    "what decides what a person may do: attributes, functions and values",
    ("user.has_permission('edit')", "if claims['role'] != 'admin'"),
    "NIST's role-based access control, RFC 6749 (scope), Django (groups, permissions, is_staff), CWE-862",
)
AUTHENTICATION_WORDS = Words(
    """auth authenticate authenticated authentication authorization identity jwt login oauth oauth2 principal token
    tokens""",
    "what says who asks: decorators, dependencies, parameters, modules",
    ("@auth.login_required", "def create(item, token=Depends(oauth2_scheme))"),
    "RFC 6749 (OAuth), RFC 7519 (JWT), RFC 9110 (authentication, Authorization), OpenID Connect (identity)",
)
PERSON_KEYS = Words(
    "account id member uid user userid username",
    "parameters that are nothing but a person, or their key, where each word of the name is one of these",
    ("def cancel(order_id, user_id)", "def rename(account, title)"),
    "LDAP (uid), Django (User.username), OpenID Connect (sub: an identifier of the end-user)",
)
PARTIES = Words(
    """agent author client editor employee giver identifier manager member operator owner person player reader
    requester sender session staff visitor worker writer""",
    "kinds of persons by which a parameter that nothing reads was meant to say who asks",
    ("def publish(post_id, editor)", "def cancel(booking_id, client_id)"),
    "CWE-639 (the owner of a record); NIST's role-based access control (roles of an organisation)",
)
REQUIRING_VERBS = Words(
    "assert authorize check ensure require requires verify",
    "first words of functions that raise where somebody may not",
    ("policy.require(actor, 'close', ticket)", "check_object_permissions(request, note)"),
    "Pundit (authorize), Laravel (Gate::authorize), REST framework (check_permissions)",
)
RESTRICTED_WORDS = Words(
    "admin administrator staff",
    "words in the address or the name of a view that is not for everybody",
    ("@app.delete('/admin/users/<int:key>')", "def staff_report(request)"),
    "Django (the admin site, is_staff); CWE-425 (direct request of administrative pages)",
)
SIGNING_IN_WORDS = Words(
    "authenticate callback login logout register session signin signout signup token webhook",
    "views by which somebody becomes known, or which other programs call",
    ("@app.post('/login')", "def oauth_callback(request)"),
    "RFC 6749 (token, redirection endpoint), Django (LoginView, LogoutView), Flask's tutorial (register)",
)
RECOVERY_WORDS = Words(
    "activate confirm forgot reset verify",
    "views that somebody unknown must be able to use, beside those of SIGNING_IN_WORDS",
    ("@app.post('/password/forgot')", "def activate(request, uid, code)"),
    "Django (PasswordResetView), OWASP Forgot Password Cheat Sheet",
)
PUBLIC_WORDS = Words(
    """about docs favicon feed health healthz home index metrics openapi ping preview public ready robots schema static
    status version""",
    "addresses of what everybody may see: probes, documentation, what is said to be public",
    ("@app.get('/healthz')", "def public_profile(request, name)"),
    "Kubernetes (healthz, ready), FastAPI (docs, openapi), RFC 9309 (robots), RFC 8058 (unsubscribe)",
)
CREDENTIAL_HEADERS = Words(
    "authorization proxy-authorization x-access-token x-api-key x-auth-token",
    "headers by which a client proves who it is, and which no browser sends by itself",
    ("request.headers['Authorization']", "session.headers['X-API-Key'] = key"),
    "RFC 9110 (Authorization, Proxy-Authorization), AWS API Gateway (x-api-key), OpenStack Keystone (X-Auth-Token)",
)
REQUEST_NAMES = Words(
    "context ctx info req request",
    "parameters and variables that are, or hold, the request that is answered",
    ("def view(request, key)", "def resolve_user(root, info)"),
    "Django and Flask (request), Falcon (req), graphene (info), Azure Functions (req), gRPC (context)",
)
DATABASE_WORDS = Words(
    "collection conn connection cursor database db repo store",
    "variables that are, or lead to, what keeps records",
    ("self.db.delete(key)", "conn.cursor().execute(...)"),
    "PEP 249 (connection, cursor), PyMongo's tutorial (db, collection)",
)
REQUEST_FIELDS = Words(
    """COOKIES GET META POST args cookies form forms headers match_info params path_params query query_params
    values view_args""",
    "attributes of requests that map names to texts of the client",
    ("request.args['q']", "request.GET.get('page')"),
    "the documentation of Flask, Django, Starlette, aiohttp, Bottle and Falcon on their requests",
)
REQUEST_BODIES = Words(
    "body data files get_json json media rfile",
    "attributes and methods of requests that hold or read what the client sends",
    ("request.get_json()", "self.rfile.read(length)"),
    "the documentation of Flask, Django, Falcon, Bottle and http.server on their requests",
)
REQUEST_READERS = Words(
    "get_argument get_arguments get_body_argument get_cookie get_header get_query_argument",
    "methods of requests and handlers that read one text of the client",
    ("self.get_argument('name')", "request.get_header('X-Token')"),
    "the documentation of tornado, Bottle and Falcon on their requests",
)
PROTECTED_FIELDS = Words(
    "approved balance banned credit groups salary scopes verified",
    "fields of a record that nobody may set of their own account, beside those for roles",
    ("account.balance", "profile.verified = True"),
    "CWE-915; OWASP Mass Assignment Cheat Sheet (isAdmin, credits)",
)
ASKING_VERBS = Words(
    "allow allowed can has is may owns",
    "first words of functions that answer whether somebody may do something",
    ("user.can_edit(post)", "is_owner(order, user)"),
    "Django (has_perm), CanCan and Pundit (can, allowed)",
)
PERMISSION_VERBS = ASKING_VERBS | REQUIRING_VERBS
OPEN_WORDS = SIGNING_IN_WORDS | RECOVERY_WORDS
CLIENT_DATA = REQUEST_FIELDS | REQUEST_BODIES | REQUEST_READERS
OBJECT_WORDS = Words(
    """account board channel company document folder group org page post project repo repository resource room team
    tenant workspace""",
    "parameters by which something in particular is named, about which a permission is asked",
    ("def can_edit(user, document)", "def has_access(member, workspace)"),
    "GitHub's and Google's REST APIs (organizations, repositories, documents, folders)",
)
NEEDED_WORDS = Words(
    "needed require required requires",
    "names of what must be there in full",
    ("required_scopes", "def needs_permissions(needed)"),
    "RFC 2119 (REQUIRED)",
)
ADDRESS_WORDS = Words(
    "endpoint feed href link uri url urls",
    "names that say that an address is meant, and no path",
    ("payload['callback_url']", "def import_feed(feed)"),
    "RFC 3986 (URI), HTML (href), RFC 4287 (feed, link)",
)
STRANGER_WORDS = Words(
    "authenticate forgot login reset signin",
    "names and addresses of functions that anybody may ask who is not known yet",
    ("@app.post('/login')", "def forgot_password(request)"),
    "OWASP Authentication and Forgot Password Cheat Sheets; CWE-204",
)
TRAFFIC_WORDS = Words(
    """buffer cache cached caches chat clients connections events history inbox jobs log logs memo message messages
    queue queues recent requests rooms seen sessions subscribers tasks uploads visits""",
    "containers that are no records of the program but follow what goes on: they grow with it",
    ("EVENTS.append(event)", "self.cache[key] = answer"),
    "CWE-770, CWE-401; Python's documentation (functools.cache, queue, collections.deque(maxlen))",
)
ENCRYPTING_WORDS = Words(
    "cipher decipher decrypt encrypt obfuscate",
    "names of functions that promise that nobody can read what they make",
    ("def encrypt_card(number)", "class Cipher"),
    "CWE-327; NIST SP 800-175B (encrypt, cipher)",
)
MESSAGE_WORDS = Words(
    "counter data message msg nonce number payload plaintext random sequence text time",
    "what differs from message to message, so that what is made of it does not repeat",
    ("nonce = hmac(key, message)", "iv = counter.to_bytes(12, 'big')"),
    "NIST SP 800-38D, 8.2 (deterministic and random construction of initialisation vectors)",
)
FILE_WORDS = Words(
    "dir directory file filename folder path",
    "names of files and folders of this machine",
    ("root / folder", "def archive(directory)"),
    "Python's documentation (pathlib, os.path, tempfile)",
)
COMMAND_WORDS = Words(
    "bash cli cmd command commands powershell script shell ssh",
    "names of what takes, or is, a line of commands",
    ("self.ssh.run(line)", "RESTART_COMMAND.format(name)"),
    "POSIX (Shell and Utilities), Windows (cmd, PowerShell), RFC 4254 (exec, shell)",
)
RUNNING_WORDS = Words(
    "exec execute launch popen run spawn system",
    "names of functions that run what they are given",
    ("runner.execute(line)", "device.run_command(text)"),
    "Python's documentation (exec, subprocess.run, os.system, os.spawnv), RFC 4254 (exec)",
)
XML_FORMATS = Words(
    "atom feed rss soap svg xhtml xml",
    "names of documents that are XML",
    ("FEED_TEMPLATE.format(title)", "SOAP_BODY % values"),
    "RFC 4287 (Atom, feed), W3C (SOAP, SVG, XHTML, XML), RSS 2.0",
)
TEXT_WORDS = Words(
    """date error errors file filename files key label message messages msg name names prompt prompts query subject
    text time title usage""",
    "names of templates whose text no browser reads, beside those for other interpreters",
    ("SUBJECT.format(name)", "USAGE % program"),
    "Django (messages, verbose_name), RFC 5322 (Subject), Python's logging (msg) and argparse (usage)",
)
PASSWORD_WORDS = Words(
    "passcode passphrase passwd password pwd",
    "what somebody signs in with, and never a hash of it",
    ("def store(password)", "form['passwd']"),
    "NIST SP 800-63B (memorized secret: password, passphrase), POSIX (passwd, crypt)",
)
UNGUESSABLE_WORDS = Words(
    "apikey csrf iv nonce otp salt secret token",
    "names of what must not be guessed, beside passwords",
    ("reset_token = make()", "csrf = random.random()"),
    "CWE-330, CWE-338; RFC 4226 (OTP), RFC 6749 (token), NIST SP 800-38D (IV, nonce)",
)
ABOUT_SECRETS = Words(
    """changed count error errors expired field file fingerprint form help hint id label length masked name path policy
    reset rules strength type url valid validator""",
    "words with which a name is about a secret, and is none",
    ("password_policy", "form.secret_label"),
    "OWASP Authentication Cheat Sheet (strength, length, attempts), Django (password_validation, help_text)",
)
PROVING_WORDS = Words(
    "authenticate checksum fingerprint signed verified verify",
    "names of calls that verify, or prepare a verification, beside those for signatures",
    ("bundle.verify(key)", "compare_checksum(path)"),
    "RFC 8032 (verify), GnuPG (fingerprint, verify), The Update Framework",
)
CSRF_PROOFS = Words(
    "api authorization bearer captcha content csrf fetch nonce origin referer requested token tokens xsrf",
    "what only a page of the same site, or a program with a key, can send, beside signatures",
    ("request.headers['Origin']", "if form['csrf_token'] != session['csrf']"),
    "Fetch standard (Sec-Fetch-Site, Origin, Content-Type), OWASP Cross-Site Request Forgery Prevention Cheat Sheet",
)
REDIRECT_WORDS = Words(
    "continue destination forward goto next redirect return target",
    "parameters that say where the browser goes on",
    ("request.args['next']", "def leave(return_to)"),
    "CWE-601; Django and Flask-Login (next), OAuth (redirect_uri)",
)
SOMEBODYS_WORDS = Words(
    """account accounts balance booking employee employees invoice invoices medical member order orders patient
    patients payment payroll payslip prescription profile profiles salary statement statements subscription user
    users wallet""",
    "names of records that are somebody's, and of fields that not everybody may set",
    ("GET /invoices/<key>", "profile.salary"),
    "CWE-639, CWE-359; ISO 20022 (account, balance, payment, statement), HL7 FHIR (Patient, Appointment)",
)
AUTHORED_WORDS = Words(
    """article comment comments document documents draft entry file files letter listing message messages note
    notes photo photos post posts review reviews ticket tickets""",
    "names of what people write or bring: that others read it is usual, that they change it is not",
    ("PUT /comments/<key>", "delete_photo(photo_id)"),
    "schema.org (CreativeWork: Article, Comment, Message, Photograph, Review)",
)
PRIVATE_WORDS = Words(
    """attachment attachments document documents draft drafts file files letter letters message messages note notes
    upload uploads""",
    "names of what people keep for themselves or for somebody in particular",
    ("GET /messages/<key>", "draft = drafts[key]"),
    "RFC 5322 (message, attachment), RFC 8621 (JMAP: drafts, mailboxes)",
)
PUBLISHED_WORDS = Words(
    """article articles book books comment comments course courses event events item items listing listings news
    page pages post posts product products recipe recipes review reviews""",
    "names of records that are there to be read by others",
    ("GET /products/<key>", "def show_recipe(slug)"),
    "schema.org (Book, Course, Event, Product, Recipe, Review)",
)
SAME_SERVER_WORDS = Words(
    "cache cookies flash g headers log logger logging request resp response session",
    "receivers whose methods change nothing that lasts, or only what is the client's own",
    ("session.update(theme=theme)", "g.seen.add(key)"),
    "the documentation of Flask (g, flash, session) and Django (request, cache); Python's logging",
)
MAKING_WORDS = Words(
    "create generate issue new token",
    "words of methods that make something new, which their caller is meant to see once",
    ("user.generate_token()", "self.sessions.create(user)"),
    "RFC 6749 (issue), OWASP Secrets Management Cheat Sheet (rotate)",
)
REQUIREMENT_WORDS = Words(
    "ajax fields form https json method methods params secure setting ssl",
    "what decorators require that is no person: of the request, of the connection, of the settings",
    ("@require_https", "@require_json"),
    "Flask-Talisman, Django (require_http_methods, SECURE_SSL_REDIRECT), htmx",
)
SECRET_KEYS = Pairs(
    (
        "access key",
        "api key",
        "client secret",
        "encryption key",
        "jwt key",
        "jwt secret",
        "master key",
        "private key",
        "secret key",
        "session key",
        "session secret",
        "signing key",
    ),
    "keys and secrets by which programs prove who they are, or what they have made",
    ("app.config['SECRET_KEY']", "def sign(text, signing_key)"),
    "Django and Flask (SECRET_KEY), RFC 6749 (client secret), AWS (access key), NIST SP 800-57 (private key)",
)
SECRET_TOKENS = Pairs(
    (
        "access token",
        "account number",
        "auth code",
        "auth token",
        "backup code",
        "bearer token",
        "card number",
        "credit card",
        "invite code",
        "login code",
        "recovery code",
        "refresh token",
        "reset code",
        "reset token",
        "security answer",
        "session id",
        "session token",
        "tax id",
        "verification code",
    ),
    "what somebody is let in by, and numbers that are nobody else's",
    ("session['access_token']", "order.card_number"),
    "RFC 6749 (access token, refresh token), PCI DSS 3.3 (card number), NIST SP 800-63B (recovery code)",
)
SECRET_ADDRESSES = Pairs(
    (
        "amqp url",
        "broker url",
        "connection string",
        "database uri",
        "database url",
        "db uri",
        "db url",
        "mongo uri",
        "mongo url",
        "mongodb uri",
        "mysql url",
        "postgres url",
        "redis url",
        "sentry dsn",
        "sqlalchemy uri",
    ),
    "settings whose value is an address with a user and a password in it",
    ("os.environ['DATABASE_URL']", "BROKER_URL = 'amqp://user:password@host'"),
    "RFC 3986, 3.2.1 (userinfo), Heroku (DATABASE_URL, REDIS_URL), Celery (broker_url)",
)
ROW_READERS = Words(
    """execute fetchall fetchone fetchrow fetchval filter filter_by find_one first first_or_404 get_object_or_404
    get_or_404 one one_or_404 one_or_none scalar scalar_one scalar_one_or_none scalars""",
    "methods and functions that give rows or records of a database, and nothing else, whatever they are of",
    ("cursor.fetchone()", "Note.query.filter_by(id=key).first_or_404()"),
    "PEP 249, SQLAlchemy (Query, Result), Flask-SQLAlchemy, Django (get_object_or_404), asyncpg, PyMongo",
)
QUERY_STEPS = Words(
    """all annotate exclude get join limit objects offset order_by prefetch_related query select select_related
    unique where""",
    "methods of managers and queries that hand the same records on",
    ("Note.objects.order_by('title')", "select(Note).where(Note.id == key).limit(10)"),
    "Django (QuerySet), SQLAlchemy (Select, Query), SQLModel, peewee",
)
SERVING_WORDS = Words(
    "add create init list my new search test",
    "first words of functions that serve the person alone: they make, list or look for something",
    ("def create_note(user, title)", "def my_orders(account)"),
    "REST (the methods create and list: Google AIP-132, AIP-133)",
)
BROWSER_WORDS = Words(
    "authenticated cookies current_user get_cookie get_secure_cookie get_signed_cookie session user",
    "what a program reads of what a browser sends by itself, be it through the framework",
    ("session['user']", "self.get_secure_cookie('name')"),
    "the documentation of Flask-Login (current_user), Django (get_signed_cookie), tornado (get_secure_cookie)",
)
