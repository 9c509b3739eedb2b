"""Django: a web framework."""

from __future__ import annotations

from real.detector.models.kinds import MARKUP, SIGNED, SQL_KINDS, Kind, Role, SourceKind
from real.detector.models.rows import (
    Builder,
    Framework,
    Library,
    Module,
    Returns,
    Setting,
    Template,
    arg,
    calls,
    handlers,
    sanitizers,
    sinks,
    sources,
)
from real.detector.models.when import IsHtml, May

# Templates that an engine of Django fills: it escapes, unless the template says otherwise ("Automatic HTML escaping").
_RENDERED = (
    "django.template.loader.get_template().render",
    "django.template.loader.select_template().render",
    "django.template.Template().render",
    "django.template.base.Template().render",
    "django.template.Engine().from_string().render",
    "django.template.Engine().get_template().render",
)

_MAKERS = (
    *("django.template.Template", "django.template.base.Template", "django.template.Engine().from_string"),
    "django.template.engine.Engine().from_string",
)
_TOLD = ("django.template.Engine", "django.template.Context")
# Engines by their names: engines["django"].
_ALIASES = ("django.template.engines.from_string", "django.template.engines.get_template")

LIBRARY = Library(
    "django",
    "django==5.2.19",
    (
        *calls(Role.CONFIGURATION, (), "django.conf.settings.DATABASES"),
        Returns("django.template.engine.Engine.from_string", "django.template.base.Template"),
        *calls(Role.CSRF, (), "django.views.decorators.csrf.csrf_protect"),
        *calls(Role.CSRF_EXEMPT, arg(0), "django.views.decorators.csrf.csrf_exempt"),
        *calls(Role.CSRF_MIDDLEWARE, (), "django.middleware.csrf.CsrfViewMiddleware"),
        *calls(Role.SESSION_MIDDLEWARE, (), "django.contrib.sessions.middleware.SessionMiddleware"),
        Setting("DATA_UPLOAD_MAX_MEMORY_SIZE", Role.BODY_LIMIT),
        Setting("FILE_UPLOAD_MAX_SIZE", Role.BODY_LIMIT),
        *calls(Role.ADDRESS_METHOD, (), "django.views.generic.edit.FormMixin().get_success_url"),
        *calls(Role.ADDRESS_METHOD, (), "django.views.generic.base.RedirectView().get_redirect_url"),
        *calls(Role.ADDRESS_METHOD, (), "django.contrib.auth.views.LoginView().get_default_redirect_url"),
        *calls(Role.ADDRESS_METHOD, (), "django.contrib.auth.views.LogoutView().get_next_page", until="Django 5"),
        *calls(Role.HOST_TEST, arg(0, "url"), "django.utils.http.url_has_allowed_host_and_scheme"),
        *calls(Role.HOST_TEST, arg(0, "url"), "django.utils.http.is_safe_url", until="Django 4"),
        *calls(Role.VALIDATOR, arg(0, "regex"), "django.core.validators.RegexValidator", shown="search"),
        *(
            Setting(name, Role.SITE_SETTING)
            for name in ("INSTALLED_APPS", "ROOT_URLCONF", "MIDDLEWARE", "ALLOWED_HOSTS", "DATABASES")
        ),
        Setting("WSGI_APPLICATION", Role.SITE_SETTING),
        Setting("SECRET_KEY", Role.SITE_SETTING),
        *calls(Role.CONTEXT, (), "django.template.Context"),
        *(
            Template(f"{maker}().render", maker, "template_string", switch="autoescape", set_on=_TOLD)
            for maker in _MAKERS[1:]
        ),
        Template(
            f"{_MAKERS[0]}().render",
            _MAKERS[0],
            "template_string",
            switch="autoescape",
            set_on=_TOLD,
            aliases=_ALIASES,
        ),
        Module("django.contrib.auth", Role.USERS),
        Module("django", Role.SAVED_WHEN_TOLD),
        Setting(
            "SESSION_SERIALIZER", Role.PICKLE_FORMAT, values=("django.contrib.sessions.serializers.PickleSerializer",)
        ),
        *calls(Role.MODEL_FORM, arg(None, "fields"), "django.forms.{,models.}modelform_factory"),
        *calls(Role.FORMATS_HTML, arg(0, "format_string"), "django.utils.html.format_html"),
        *calls(Role.ENCODES_OTHERWISE, (), "django.utils.html.escapejs"),
        Framework("django", elsewhere=True, quotes=True),
        *calls(Role.REGISTRAR, arg(1, "view"), "django.urls.{path,re_path}"),
        *calls(Role.REGISTRAR, arg(1, "view"), "django.conf.urls.url", until="Django 4"),
        *calls(Role.POST_ONLY, (), "django.views.decorators.http.require_POST"),
        *calls(Role.GET_ONLY, (), "django.views.decorators.http.{require_GET,require_safe}"),
        *calls(Role.SHORTCUT, (), "django.shortcuts.{redirect,render}", "django.http.HttpResponseRedirect"),
        *handlers("View", "django.views.View"),
        *calls(
            Role.RESPONSE,
            (),
            "django.http.HttpResponse{,ServerError,BadRequest,NotFound,Forbidden}",
            "django.http.{JsonResponse,StreamingHttpResponse}",
        ),
        *calls(Role.BODY, (), "django.http.HttpResponse().content"),
        *calls(Role.PASSWORD_HASH, (), "django.contrib.auth.hashers.make_password"),
        *calls(Role.SIZE, arg(1, "per_page"), "django.core.paginator.Paginator"),
        *sinks(Kind.SAFE_HTML, arg(0, "s"), "django.utils.{safestring,html}.mark_safe"),
        *sinks(Kind.SAFE_HTML, arg(0, "object"), "django.utils.safestring.{SafeString,SafeText}"),
        *sinks(
            Kind.HTML,
            arg(0, "content"),
            "django.http.HttpResponse{,BadRequest,NotFound,Forbidden,ServerError}",
            "django.{http.response,shortcuts}.HttpResponse",
            when=IsHtml((arg(None, "content_type"),), default=True),
        ),
        *sinks(Kind.SAFE_HTML, arg(0, "format_string"), "django.utils.html.format_html"),
        *sinks(Kind.SQL_TEXT, arg(0, "sql"), "django.db.models.expressions.RawSQL", returns_stored=True),
        *sinks(
            Kind.SQL, arg(0, "raw_query"), "**.objects.**.raw", returns_stored=True, of=("django.db.models.Manager",)
        ),
        *sinks(
            Kind.SQL_CLAUSE,
            (arg(0, "select"), arg(1, "where"), arg(3, "tables"), arg(4, "order_by")),
            "**.objects.**.extra",
            returns_stored=True,
            of=("django.db.models.query.QuerySet",),
        ),
        Builder("django.db.models", SQL_KINDS),
        *sinks(Kind.TEMPLATE, arg(0, "template_string"), "django.template.{,base.}Template"),
        *sinks(Kind.MODULE_NAME, arg(0, "dotted_path"), "django.utils.module_loading.import_string"),
        *sinks(Kind.HTML_MAIL, arg(8, "html_message"), "django.core.mail.send_mail"),
        *sinks(Kind.HTML_MAIL, arg(4, "html_message"), "django.core.mail.{mail_admins,mail_managers}"),
        *sinks(
            Kind.HTML_MAIL,
            arg(0, "content"),
            "**.attach_alternative",
            when=May(arg(1, "mimetype"), ("text/html",)),
            of=("django.core.mail.EmailMultiAlternatives",),
        ),
        *sinks(Kind.REDIRECT, arg(0, "to"), "django.shortcuts.redirect"),
        *sinks(
            Kind.REDIRECT,
            arg(0, "redirect_to"),
            "django.http.{HttpResponseRedirect,HttpResponsePermanentRedirect}",
            "django.http.response.HttpResponseRedirect",
        ),
        *sanitizers((Kind.SQL,), "**.quote_name", of=("django.db.backends.base.operations.BaseDatabaseOperations",)),
        *sanitizers((Kind.HTML,), "**.render_to_string", of=("django.template.loader",)),
        *sanitizers(SIGNED, "**.unsign_object", of=("django.core.signing.Signer",)),
        *sanitizers(SIGNED, "django.core.signing.Signer().unsign_object", "django.core.signing.loads"),
        *sanitizers(
            (Kind.HTML,),
            "django.http.JsonResponse",
            "django.shortcuts.render",
            "django.template.loader.render_to_string",
            *_RENDERED,
            "django.utils.html.json_script",
        ),
        Returns("django.template.loader.get_template", "django.template.backends.django.Template"),
        Returns("django.template.loader.select_template", "django.template.backends.django.Template"),
        Returns("django.template.Engine.from_string", "django.template.Template"),
        Returns("django.template.Engine.get_template", "django.template.Template"),
        *sanitizers((Kind.REDIRECT,), "django.urls.reverse"),
        *sanitizers(
            MARKUP, "django.utils.html.{conditional_escape,escape,escapejs,format_html,format_html_join,strip_tags}"
        ),
        *sources(
            SourceKind.HTTP,
            "request is sent by the client",
            "django.views.View().request",
            "django.views.generic.View().request",
            "django.views.generic.TemplateView().request",
            "django.views.generic.RedirectView().request",
            "django.views.generic.FormView().request",
            "django.views.generic.CreateView().request",
            "django.views.generic.UpdateView().request",
            "django.views.generic.DeleteView().request",
            "django.views.generic.DetailView().request",
            "django.contrib.auth.views.LoginView().request",
            "django.contrib.auth.views.LogoutView().request",
        ),
        *sources(
            SourceKind.HTTP, "cleaned_data is what the client sent", "django.forms.{Form,ModelForm}().cleaned_data"
        ),
        *calls(Role.EQUALITY, (), "django.utils.crypto.constant_time_compare"),
        *calls(Role.OPENER, (), "django.core.signing.loads", "django.core.signing.Signer().unsign_object"),
        *calls(Role.FAILURE, (), "django.core.signing.BadSignature"),
        *calls(Role.OPENER, (), "django.http.HttpRequest().get_signed_cookie"),
        *calls(Role.LOGIN, (), "django.contrib.auth.mixins.{LoginRequiredMixin,AccessMixin}"),
        *calls(Role.LOGIN, (), "django.contrib.auth.decorators.login_required"),
        *calls(Role.PERMISSION, (), "django.contrib.auth.mixins.{PermissionRequiredMixin,UserPassesTestMixin}"),
        *calls(Role.PERMISSION, (), "django.contrib.auth.decorators.{permission_required,user_passes_test}"),
        *calls(Role.PERMISSION, (), "django.contrib.admin.views.decorators.staff_member_required"),
        *calls(Role.REFUSAL, (), "django.core.exceptions.PermissionDenied", "django.http.HttpResponseForbidden"),
    ),
)
