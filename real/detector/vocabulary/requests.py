"""Requests, addresses and views."""

from __future__ import annotations

from real.detector.vocabulary.entry import Words

REQUEST_NAMES = Words(
    "context ctx info req request",
    "parameters and variables that are, or hold, the request that is answered",
    ("def view(request, key)", "def resolve_user(root, info)"),
    "Django and Flask (request), Falcon (req), graphene (info), Azure Functions (req), gRPC (context)",
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
CLIENT_DATA = REQUEST_FIELDS | REQUEST_BODIES | REQUEST_READERS
CREDENTIAL_HEADERS = Words(
    "authorization proxy-authorization x-access-token x-api-key x-auth-token",
    "headers by which a client proves who it is, and which no browser sends by itself",
    ("request.headers['Authorization']", "session.headers['X-API-Key'] = key"),
    "RFC 9110 (Authorization, Proxy-Authorization), AWS API Gateway (x-api-key), OpenStack Keystone (X-Auth-Token)",
)
EVENT_HEADERS = Words(
    """x-amz-sns-message-type x-event-key x-gitea-event x-github-event x-gitlab-event x-gogs-event x-shopify-topic
    x-wc-webhook-topic""",
    "headers by which a service that signs its messages says what happened",
    ("request.headers.get('x-github-event')", "request.headers['x-gitlab-event'] == 'Push Hook'"),
    "webhooks of GitHub, GitLab, Gitea, Gogs, Bitbucket (X-Event-Key), Shopify, WooCommerce; Amazon SNS over HTTP",
)
BROWSER_WORDS = Words(
    "authenticated cookies current_user get_cookie get_secure_cookie get_signed_cookie session user",
    "what a program reads of what a browser sends by itself, be it through the framework",
    ("session['user']", "self.get_secure_cookie('name')"),
    "the documentation of Flask-Login (current_user), Django (get_signed_cookie), tornado (get_secure_cookie)",
)
CSRF_PROOFS = Words(
    "api authorization bearer captcha content csrf fetch nonce origin referer requested token tokens xsrf",
    "what only a page of the same site, or a program with a key, can send, beside signatures",
    ("request.headers['Origin']", "if form['csrf_token'] != session['csrf']"),
    "Fetch standard (Sec-Fetch-Site, Origin, Content-Type), OWASP Cross-Site Request Forgery Prevention Cheat Sheet",
)
CSRF_PROTECTIONS = Words(
    "csrfmiddleware csrfprotectmiddleware xsrf",
    "what protects all views of an application against forged requests, in libraries without a model",
    ("app.add_middleware(CSRFMiddleware, secret=KEY)", "settings = {'xsrf_cookies': True}"),
    "starlette-csrf, starlette-wtf, Tornado (xsrf)",
)
JSON_FRAMEWORKS = Words(
    "apiflask connexion flask_openapi3 flask_restplus flask_restx flask_smorest muffin",
    "modules without a model whose decorators look like those of views that return pages, and which return JSON",
    ("from flask_restx import Api", "import connexion"),
    "the quickstarts of these libraries",
)
HOST_WORDS = Words(
    "domain domains host hostname hosts netloc origin origins",
    "values that are hosts, or lists of hosts",
    ("ALLOWED_HOSTS", "parts.netloc"),
    "RFC 6454 (origin), urllib.parse (netloc, hostname), Django (ALLOWED_HOSTS)",
)
ADDRESS_WORDS = Words(
    "endpoint feed href link uri url urls",
    "names that say that an address is meant, and no path",
    ("payload['callback_url']", "def import_feed(feed)"),
    "RFC 3986 (URI), HTML (href), RFC 4287 (feed, link)",
)
REDIRECT_WORDS = Words(
    "continue destination forward goto next redirect return target",
    "parameters that say where the browser goes on",
    ("request.args['next']", "def leave(return_to)"),
    "CWE-601; Django and Flask-Login (next), OAuth (redirect_uri)",
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
OPEN_WORDS = SIGNING_IN_WORDS | RECOVERY_WORDS
STRANGER_WORDS = Words(
    "authenticate forgot login reset signin",
    "names and addresses of functions that anybody may ask who is not known yet",
    ("@app.post('/login')", "def forgot_password(request)"),
    "OWASP Authentication and Forgot Password Cheat Sheets; CWE-204",
)
PUBLIC_WORDS = Words(
    """about docs favicon feed health healthz home index metrics openapi ping preview public ready robots schema static
    status version""",
    "addresses of what everybody may see: probes, documentation, what is said to be public",
    ("@app.get('/healthz')", "def public_profile(request, name)"),
    "Kubernetes (healthz, ready), FastAPI (docs, openapi), RFC 9309 (robots), RFC 8058 (unsubscribe)",
)
REQUIREMENT_WORDS = Words(
    "ajax fields form https json method methods params secure setting ssl",
    "what decorators require that is no person: of the request, of the connection, of the settings",
    ("@require_https", "@require_json"),
    "Flask-Talisman, Django (require_http_methods, SECURE_SSL_REDIRECT), htmx",
)
SAME_SERVER_WORDS = Words(
    "cache cookies flash g headers log logger logging request resp response session",
    "receivers whose methods change nothing that lasts, or only what is the client's own",
    ("session.update(theme=theme)", "g.seen.add(key)"),
    "the documentation of Flask (g, flash, session) and Django (request, cache); Python's logging",
)
RECEIVING = Words(
    "data_received datareceived linereceived feed_data receive_data on_part_data on_body",
    "methods that are called with each next part of what a peer sends, in lower case",
    ("def data_received(self, data)", "def on_part_data(self, data, start, end)"),
    "asyncio (data_received), Twisted (dataReceived), python-multipart (on_part_data), httptools (on_body)",
)
