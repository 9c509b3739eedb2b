"""Persons, and what says who asks and what they may do."""

from __future__ import annotations

from real.detector.vocabulary.entry import Words

OWNERS = Words(
    "account author buyer creator customer employee member owner patient recipient tenant user username",
    "fields of a record that say whose it is",
    ("note.owner == current_user", "invoice.customer_id"),
    "Django's documentation (author, owner, user); CWE-639 (the owner of a record)",
)
# Of programs as a whole: ``account`` and ``user`` are also what a session keeps of the person who asks.
RECORD_OWNERS = OWNERS - {"account", "member", "user", "username"}
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
ROLE_WORDS = Words(
    "admin administrator permission permissions privileged role roles staff superuser",
    "values and fields that say what somebody may do, where whoever sets them decides it",
    ('if request.args.get("role") == "admin"', "user.is_superuser"),
    "Django (is_staff, is_superuser), NIST's role-based access control (role, permission); CWE-269",
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
    """auth authenticate authenticated authentication authorization identity jwt logged login oauth oauth2 principal
    token tokens""",
    "what says who asks: decorators, dependencies, parameters, modules",
    ("@auth.login_required", "def create(item, token=Depends(oauth2_scheme))"),
    "RFC 6749 (OAuth), RFC 7519 (JWT), RFC 9110 (authentication, Authorization), OpenID Connect (identity)",
)
ASKING_VERBS = Words(
    "allow allowed can has is may owns",
    "first words of functions that answer whether somebody may do something",
    ("user.can_edit(post)", "is_owner(order, user)"),
    "Django (has_perm), CanCan and Pundit (can, allowed)",
)
REQUIRING_VERBS = Words(
    "assert authorize check ensure require requires verify",
    "first words of functions that raise where somebody may not",
    ("policy.require(actor, 'close', ticket)", "check_object_permissions(request, note)"),
    "Pundit (authorize), Laravel (Gate::authorize), REST framework (check_permissions)",
)
PERMISSION_VERBS = ASKING_VERBS | REQUIRING_VERBS
PROTECTED_FIELDS = Words(
    "approved balance banned credit groups salary scopes verified",
    "fields of a record that nobody may set of their own account, beside those for roles",
    ("account.balance", "profile.verified = True"),
    "CWE-915; OWASP Mass Assignment Cheat Sheet (isAdmin, credits)",
)
OBJECT_WORDS = Words(
    """account board channel company document folder group org page post project repo repository resource room team
    tenant workspace""",
    "parameters by which something in particular is named, about which a permission is asked",
    ("def can_edit(user, document)", "def has_access(member, workspace)"),
    "GitHub's and Google's REST APIs (organizations, repositories, documents, folders)",
)
