"""Records and containers, and what is done with them."""

from __future__ import annotations

from real.detector.vocabulary.entry import Words

MAPPING_WORDS = Words(
    """base cache config configuration context default defaults destination dict env environ headers kwargs left
    mapping merged options opts other params parameters registry result right source src target""",
    "names of mappings that are no records: options, caches, and the two sides of a merge",
    ("def merge(source, target)", "self.defaults.update(defaults)"),
    "Python's documentation: dict(mapping), ChainMap (defaults, environ), functools.update_wrapper (wrapped, assigned)",
)
PERSON_RECORDS = Words(
    """account accounts admin admins contact credentials customer customers employee employees login member members
    patient people person profile staff student students user users""",
    "tables, collections and models whose records are persons or their accounts",
    ("SELECT * FROM customers", "db.users.find_one(...)"),
    "CWE-359 (private personal information); Django (django.contrib.auth.models.User)",
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
    """activate approve archive assign ban block cancel change close deactivate demote disable edit enable grant lock
    modify move promote publish refund reject rename reopen reset restore rotate save set suspend transfer unban
    unblock unlock unpublish update withdraw""",
    "first words of functions of other files that change a record; weak evidence, in endpoints only",
    ("close_ticket(ticket_id)", "self.orders.cancel(order_id)"),
    "SQL (UPDATE, SET), Django (save, update), GitHub's REST API (close, rename, archive, transfer)",
)
SERVING_WORDS = Words(
    "add create init list my new search test",
    "first words of functions that serve the person alone: they make, list or look for something",
    ("def create_note(user, title)", "def my_orders(account)"),
    "REST (the methods create and list: Google AIP-132, AIP-133)",
)
MAKING_WORDS = Words(
    "create generate issue new token",
    "words of methods that make something new, which their caller is meant to see once",
    ("user.generate_token()", "self.sessions.create(user)"),
    "RFC 6749 (issue), OWASP Secrets Management Cheat Sheet (rotate)",
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
DATABASE_WORDS = Words(
    "collection conn connection cursor database db repo store",
    "variables that are, or lead to, what keeps records",
    ("self.db.delete(key)", "conn.cursor().execute(...)"),
    "PEP 249 (connection, cursor), PyMongo's tutorial (db, collection)",
)
TRAFFIC_WORDS = Words(
    """buffer cache cached caches chat clients connections events history inbox jobs log logs memo message messages
    queue queues recent requests rooms seen sessions subscribers tasks uploads visits""",
    "containers that are no records of the program but follow what goes on: they grow with it",
    ("EVENTS.append(event)", "self.cache[key] = answer"),
    "CWE-770, CWE-401; Python's documentation (functools.cache, queue, collections.deque(maxlen))",
)
FILE_WORDS = Words(
    "dir directory file filename folder path",
    "names of files and folders of this machine",
    ("root / folder", "def archive(directory)"),
    "Python's documentation (pathlib, os.path, tempfile)",
)
