"""Published vulnerabilities of packages: written down from the advisories before anything was measured on them.

No rule may be tuned on them. A row names the two releases, the file (by the end of its path) and the function that the
fix is in (empty: at the top of the file), and the weakness as the detector calls it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Published:
    """One advisory: a vulnerable and a fixed release, and where the fix is."""

    advisory: str
    package: str
    vulnerable: str
    fixed: str
    file: str
    function: str
    cwe: str


PUBLISHED = (
    Published("CVE-2022-24439", "GitPython", "3.1.29", "3.1.30", "git/repo/base.py", "_clone", "CWE-77"),
    Published("CVE-2020-26215", "notebook", "6.1.4", "6.1.5", "notebook/base/handlers.py", "get", "CWE-601"),
    Published(
        "CVE-2020-26275", "jupyter_server", "1.1.0", "1.1.1", "jupyter_server/base/handlers.py", "get", "CWE-601"
    ),
    Published("CVE-2023-39968", "jupyter_server", "2.7.1", "2.7.2", "auth/login.py", "_redirect_safe", "CWE-601"),
    Published("CVE-2021-21330", "aiohttp", "3.7.3", "3.7.4", "web_middlewares.py", "impl", "CWE-601"),
    Published("CVE-2023-28370", "tornado", "6.3.1", "6.3.2", "tornado/web.py", "validate_absolute_path", "CWE-601"),
    Published("CVE-2023-25577", "Werkzeug", "2.2.2", "2.2.3", "werkzeug/formparser.py", "parse", "CWE-770"),
    Published("CVE-2023-24762", "starlette", "0.24.0", "0.25.0", "starlette/formparsers.py", "parse", "CWE-770"),
    Published("CVE-2024-33664", "python-jose", "3.3.0", "3.4.0", "jose/jwe.py", "_decompress", "CWE-770"),
    Published("CVE-2024-24762", "python-multipart", "0.0.6", "0.0.7", "multipart/multipart.py", "", "CWE-1333"),
    Published("CVE-2023-30608", "sqlparse", "0.4.3", "0.4.4", "sqlparse/keywords.py", "", "CWE-1333"),
    Published("CVE-2021-33503", "urllib3", "1.26.4", "1.26.5", "urllib3/util/url.py", "", "CWE-1333"),
    Published("CVE-2021-23437", "Pillow", "8.3.1", "8.3.2", "PIL/ImageColor.py", "getrgb", "CWE-1333"),
    Published("CVE-2020-6817", "bleach", "3.1.3", "3.1.4", "bleach/sanitizer.py", "sanitize_css", "CWE-1333"),
    Published("CVE-2022-36087", "oauthlib", "3.2.0", "3.2.1", "oauthlib/uri_validate.py", "", "CWE-1333"),
    Published("CVE-2022-40898", "wheel", "0.37.1", "0.38.1", "wheel/wheelfile.py", "", "CWE-1333"),
    Published("CVE-2022-40897", "setuptools", "65.5.0", "65.5.1", "setuptools/package_index.py", "", "CWE-1333"),
    Published("CVE-2022-40899", "future", "0.18.2", "0.18.3", "backports/http/cookiejar.py", "", "CWE-1333"),
    Published("CVE-2024-21503", "black", "24.2.0", "24.3.0", "black/strings.py", "", "CWE-1333"),
    Published("CVE-2021-26813", "markdown2", "2.3.10", "2.4.0", "markdown2.py", "", "CWE-1333"),
    Published("CVE-2022-22817", "Pillow", "8.4.0", "9.0.0", "PIL/ImageMath.py", "eval", "CWE-95"),
    Published("CVE-2023-39631", "numexpr", "2.8.4", "2.8.5", "numexpr/necompiler.py", "stringToExpression", "CWE-95"),
    Published("CVE-2022-21797", "joblib", "1.1.0", "1.2.0", "joblib/parallel.py", "__call__", "CWE-95"),
    Published("CVE-2024-39705", "nltk", "3.8.1", "3.9", "nltk/data.py", "load", "CWE-502"),
    Published("CVE-2022-28346", "Django", "3.2.12", "3.2.13", "db/models/sql/query.py", "add_annotation", "CWE-89"),
    Published("CVE-2022-34265", "Django", "3.2.13", "3.2.14", "functions/datetime.py", "as_sql", "CWE-89"),
    Published("CVE-2022-29217", "PyJWT", "2.3.0", "2.4.0", "jwt/algorithms.py", "prepare_key", "CWE-347"),
    Published("CVE-2024-6345", "setuptools", "69.5.1", "70.0.0", "package_index.py", "_download_git", "CWE-77"),
    Published("CVE-2023-5752", "pip", "23.2.1", "23.3", "_internal/vcs/mercurial.py", "fetch_new", "CWE-77"),
    Published("CVE-2022-24065", "cookiecutter", "2.1.0", "2.1.1", "cookiecutter/vcs.py", "clone", "CWE-77"),
    Published("CVE-2023-32681", "requests", "2.30.0", "2.31.0", "requests/sessions.py", "rebuild_proxies", "CWE-200"),
)
