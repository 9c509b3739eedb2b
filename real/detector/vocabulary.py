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


MAPPING_WORDS = Words(
    """base cache config configuration context default defaults dest destination dict dst env environ headers kwargs
    left mapping merged options opts other overrides params parameters registry result right source src target""",
    "names of mappings that are no records: options, caches, and the two sides of a merge",
    ("def merge(source, target)", "self.defaults.update(defaults)"),
    "Python's documentation: dict(mapping), ChainMap (defaults, environ), functools.update_wrapper (wrapped, assigned)",
)
OWNERS = Words(
    """account author buyer created created_by creator customer employee member owner owners patient recipient tenant
    uploader user username""",
    "fields of a record that say whose it is",
    ("note.owner == current_user", "invoice.customer_id"),
    "Django's documentation (author, owner, user); CWE-639 (the owner of a record)",
)
RECORD_OWNERS = Words(
    "author buyer created created_by creator customer employee owner owners patient recipient tenant uploader",
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
    "admin administrator authorised authorized permission permissions privileged role roles staff superuser",
    "values and fields that say what somebody may do, where whoever sets them decides it",
    ('if request.args.get("role") == "admin"', "user.is_superuser"),
    "Django (is_staff, is_superuser), NIST's role-based access control (role, permission); CWE-269",
)
PERSON_RECORDS = Words(
    """account accounts admin admins contact contacts credential credentials customer customers employee employees login
    logins member members patient patients people person profile staff student students user users""",
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
    "esc escape escaped escapes escaping htmlescape sanitise sanitised sanitize sanitized",
    "functions of files that are not seen, by whose name their result may stand in the text of a page",
    ("escape_html(comment)", "helpers.sanitize_user_text(bio)"),
    "OWASP Cross Site Scripting Prevention Cheat Sheet (escaping, HTML sanitization); WordPress (esc_html)",
)
OTHER_READERS = Words(
    """applescript arg bash css csv dn exif filename filter glob identifier javascript js json latex ldap like log logs
    markdown md path pattern quotes regex regexp rst sed shell slug solr sql string_literal telegram tex url uri xpath
    yaml""",
    "whom an escaping function is for that is not for pages",
    ("escape_like(term)", "sanitize_filename(upload.filename)"),
    "OWASP Injection Prevention Cheat Sheet (escaping is specific to the interpreter)",
)
JSON_FRAMEWORKS = Words(
    "apiflask connexion flask_openapi3 flask_restplus flask_restx flask_smorest muffin requests_mock responses",
    "modules without a model whose decorators look like those of views that return pages, and which return JSON",
    ("@api.route('/notes')", "@app.get('/notes')"),
    "the quickstarts of these libraries",
)
CSRF_PROTECTIONS = Words(
    "csrfmiddleware csrfprotectmiddleware xsrf",
    "what protects all views of an application against forged requests, in libraries without a model",
    ("app.add_middleware(CSRFMiddleware, secret=KEY)", "settings = {'xsrf_cookies': True}"),
    "starlette-csrf, starlette-wtf, Tornado (xsrf)",
)
FINDING_WORDS = Words(
    "fetch find get load lookup query read retrieve select where",
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
    """activate approve archive assign ban block cancel change close deactivate disable edit enable move publish
    reject rename reset restore save set suspend transfer update""",
    "first words of functions of other files that change a record; weak evidence, in endpoints only",
    ("close_ticket(ticket_id)", "self.orders.cancel(order_id)"),
    "SQL (UPDATE, SET), Django (save, update), GitHub's REST API (close, rename, archive, transfer)",
)
PRIVILEGES = Words(
    """acl admin administrator allowed authorise authorised authorize authorized can granted group groups manager
    operator owner owners owns permission permissions permitted policy privilege privileged privileges role
    roles scope scopes staff superuser""",
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
    """about docs favicon feed health healthz home index invite metrics openapi ping preview public ready robots
    schema share static status unsubscribe version""",
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
