"""What counts as a change that another site can make a browser do, and as a wrong signature that is dealt with."""

import pytest

from real.detector import scan

EXEMPT = """
from flask import Blueprint, Flask, request
from flask_login import current_user, login_required
from flask_wtf.csrf import CSRFProtect
from .models import db
app = Flask(__name__)
guard = CSRFProtect(app)
api = Blueprint("api", __name__)
pages = Blueprint("pages", __name__)
@{owner}.post("/name")
@login_required
def rename():
    current_user.name = request.form["name"]
    db.session.commit()
    return "", 204
guard.exempt(api)
"""
VIEW = """
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect
from .models import Note
{decorator}
@login_required
def publish(request, pk):
    note = get_object_or_404(Note, pk=pk)
    note.public = True
    note.save()
    return redirect("notes")
"""
SIGNED = """
from itsdangerous import BadSignature, URLSafeSerializer
def profile(text, key, show):
    try:
        data = URLSafeSerializer(key).loads(text)
    except BadSignature:
        data = {fallback}
    return show(data)
"""
TORNADO = """
from tornado.web import RequestHandler
from .store import reports
class Report(RequestHandler):
    def get(self, name, **options):
        if not self.current_user:
            self.set_status(403)
            return
        options["name"] = name
        self.set_header("X-Report", name)
        self.set_cookie("last", name)
        self.write("ok")
"""


def rules(code: str) -> set[str]:
    return {finding.rule for finding in scan(code).findings}


def test_a_blueprint_that_is_exempted_is_not_protected() -> None:
    assert "CWE-352" in rules(EXEMPT.format(owner="api"))
    assert "CWE-352" not in rules(EXEMPT.format(owner="pages"))


def test_a_view_that_needs_no_form_is_reached_by_a_link() -> None:
    posting = "from django.views.decorators.http import require_POST\n@require_POST"
    assert "CWE-352" in rules(VIEW.format(decorator=""))
    assert "CWE-352" not in rules(VIEW.format(decorator=posting))


def test_what_lasts_as_long_as_the_answer_is_no_change() -> None:
    assert "CWE-352" not in rules(TORNADO)
    assert "CWE-352" in rules(TORNADO.replace("self.set_cookie(", "reports.delete_report(name, "))


@pytest.mark.parametrize("fallback", ["None", "{}", "''"])
def test_a_wrong_signature_after_which_nothing_is_left_is_dealt_with(fallback: str) -> None:
    assert "CWE-347" not in rules(SIGNED.format(fallback=fallback))


def test_a_wrong_signature_after_which_the_text_is_used_is_not() -> None:
    assert "CWE-347" in rules(SIGNED.format(fallback="text"))
