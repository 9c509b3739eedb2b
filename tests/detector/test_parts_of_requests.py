"""A test of what a view reads from ``self.request``, which a base class of the library sets."""

import pytest

from real.detector import scan

VIEWS = [
    (
        "CWE-601",
        """
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View

class Leave(View):
    def target(self):
        target = self.request.GET.get("next", "/")
        if {0}:
            return target
        return "/"

    def get(self, request):
        return redirect(self.target())
""",
        "url_has_allowed_host_and_scheme(target, allowed_hosts={self.request.get_host()})",
        "target.startswith(('/', 'https://'))",
    ),
    (
        "CWE-918",
        """
import requests
from urllib.parse import urlparse
from django.http import JsonResponse
from django.views import View

class Preview(View):
    def get(self, request):
        url = self.request.GET["url"]
        if not {0}:
            return JsonResponse({{}}, status=400)
        return JsonResponse(requests.get(url, timeout=5).json())
""",
        "urlparse(url).hostname in {'a.example.com', 'b.example.com'}",
        "urlparse(url).scheme in {'https', 'http'}",
    ),
    (
        "CWE-601",
        """
from django.http import HttpResponseRedirect
from django.views.generic import FormView

class Login(FormView):
    pages = {{"home": "/", "help": "/help/"}}

    def form_valid(self, form):
        page = self.request.POST.get("page")
        if {0}:
            return HttpResponseRedirect("/")
        return HttpResponseRedirect(page)
""",
        "page not in ('/', '/help/')",
        "page is None",
    ),
]


def _rules(code: str) -> set[str]:
    return {finding.rule for finding in scan(code).findings}


@pytest.mark.parametrize(("cwe", "view", "test", "other"), VIEWS)
def test_the_test_decides(cwe: str, view: str, test: str, other: str) -> None:
    assert cwe not in _rules(view.format(test))
    assert cwe in _rules(view.format(other))
