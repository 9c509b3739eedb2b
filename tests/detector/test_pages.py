"""Pages that are sent in other ways than the fixtures send them: views, tuples, templates, names, escaping (CWE-79)."""

import pytest

from real.detector import scan

FLASK = "from flask import Flask, Response, make_response, render_template, render_template_string, request\n"
APP = FLASK + "app = Flask(__name__)\n"

BAD = {
    "factory": """
from flask import request
from .factory import make_app
app = make_app("conf.toml")
@app.route("/hi", methods=["POST"])
def hi():
    return "Hi " + request.form["who"]
""",
    "imported quart blueprint": """
from quart import request
from shop.web import site
@site.get("/item")
async def item():
    return f"No item {request.args.get('item')}"
""",
    "add_url_rule": """
from flask import request
def missing():
    return "No page of the name %s" % request.args["name"]
def register(app):
    app.add_url_rule("/missing", view_func=missing)
""",
    "route called": """
from flask import request
from .core import app
def who():
    return "You are {}".format(request.args["me"])
app.route("/who")(who)
""",
    "method view": """
from flask import request
from flask.views import MethodView
class Find(MethodView):
    def get(self):
        words = request.args.get("words", "")
        return "Found nothing for " + words
""",
    "dispatch_request": """
from flask import request
from flask.views import View
class Find(View):
    def dispatch_request(self):
        return request.args["q"].strip()
""",
    "method of an object that holds the application": """
from flask import Flask, request
class Server:
    def __init__(self):
        self.app = Flask("server")
        self.app.add_url_rule("/", "index", self.index)
    def index(self):
        return "Hello " + request.args["name"]
""",
    "current application": """
from flask import current_app, request
@current_app.route("/a")
def a():
    return "Hello %s" % request.args.get("name")
""",
    "type in the headers of FastAPI": """
from fastapi import FastAPI, Response
app = FastAPI()
@app.get("/")
def t(text: str):
    return Response("<p>" + text, headers={"Content-Type": "text/html"})
""",
    "type that is set last": APP
    + """
@app.get('/t')
def t():
    answer = Response(request.args['t'], mimetype='text/plain')
    answer.mimetype = 'text/html'
    return answer
""",
    "first of several files": APP
    + "@app.get('/t')\ndef t():\n    return render_template(['t.txt', 'u.html'], who=request.args['t'])\n",
    "error handler": """
from flask import request
from .core import app
@app.errorhandler(404)
def lost(error):
    return f"Nothing at {request.args.get('from')}", 404
""",
    "title": APP + "@app.get('/t')\ndef t():\n    return request.args['t'].strip().title()\n",
    "joined": APP + "@app.get('/t')\ndef t():\n    return ''.join(reversed(request.args['t']))\n",
    "formatted alone": APP + "@app.get('/t')\ndef t():\n    text = request.args['t']\n    return f'{text}'\n",
    "helper": APP
    + "def loud(text):\n    return text.upper()\n@app.get('/t')\ndef t():\n    return loud(request.args['t'])\n",
    "bottle callback": """
import bottle
def greet():
    return "Hello " + bottle.request.query.name
bottle.route("/greet", "GET", greet)
""",
    "bottle echo": """
from bottle import Bottle, request
app = Bottle()
@app.post("/say")
def say():
    return request.forms.get("text").lower()
""",
    "tuple body": APP + "@app.get('/t')\ndef t():\n    return 'No ' + request.args['t'], 404\n",
    "tuple with an HTML type": APP
    + "@app.get('/t')\ndef t():\n    return 'No ' + request.args['t'], 404, {'Content-Type': 'text/html'}\n",
    "type set on one way only": APP
    + """
@app.get('/t')
def t():
    answer = make_response('No ' + request.args['t'])
    if request.args.get('plain'):
        answer.mimetype = 'text/plain'
    return answer
""",
    "body by keyword": APP
    + "@app.get('/t')\ndef t():\n    return Response(status=200, response='No ' + request.args['t'])\n",
    "safe attribute": APP + "@app.get('/t')\ndef t():\n"
    "    return render_template_string('<p>{{ user.bio|safe }}</p>', user={'bio': request.args['t']})\n",
    "autoescape off": APP
    + """
PAGE = '{% autoescape false %}<p>{{ text }}</p>{% endautoescape %}'
@app.get('/t')
def t():
    return render_template_string(PAGE, text=request.args['t'])
""",
    "safe by set": APP
    + """
PAGE = '{% set shown = text | trim | safe %}<p>{{ shown }}</p>'
@app.get('/t')
def t():
    return render_template_string(PAGE, text=request.args['t'])
""",
    "safe in quart": """
from quart import Quart, render_template_string, request
app = Quart(__name__)
@app.get('/t')
async def t():
    rows = [{"n": 1, "note": request.args["t"]}]
    return await render_template_string('{% for row in rows %}<li>{{ row["note"]|safe }}{% endfor %}', rows=rows)
""",
    "safe in stars": APP
    + """
@app.get('/t')
def t():
    context = {'head': request.args['t'], 'n': 3}
    return render_template_string('<h1>{{ head|safe }}</h1>', **context)
""",
    "raw in django": """
from django.http import HttpResponse
from django.template import Context, Template
def page(request):
    text = Template("<p>{{ note|safe }}</p>").render(Context({"note": request.GET["note"]}))
    return HttpResponse(text)
""",
    "raw in tornado": """
from tornado.template import Template
PAGE = Template("<p>{% raw note %}</p>")
def page(note):
    return PAGE.generate(note=note)
""",
    "raw in bottle": """
from bottle import Bottle, SimpleTemplate, request
app = Bottle()
PAGE = SimpleTemplate("% for line in lines:\\n<p>{{! line }}</p>\\n% end\\n")
@app.get("/page")
def page():
    return PAGE.render(lines=request.query.getall("line"))
""",
    "mako": """
from mako.template import Template
def page(name):
    return Template("<h1>${name}</h1>").render(name=name)
""",
    "file without an extension": APP
    + "@app.get('/t')\ndef t():\n    return render_template('hello', who=request.args['t'])\n",
    "file of markdown": APP
    + "@app.get('/t')\ndef t():\n    return make_response(render_template('hello.md', who=request.args['t']), 200)\n",
    "upper case extension": APP
    + "@app.get('/t')\ndef t():\n    page = render_template('HELLO.HTML', who=request.args['t'])\n    return page\n",
    "select_autoescape": """
from flask import Flask, request
from jinja2 import Environment, FileSystemLoader, select_autoescape
pages = Environment(loader=FileSystemLoader("pages"), autoescape=select_autoescape(["html"]))
app = Flask(__name__)
@app.get('/t')
def t():
    return pages.get_template("t.html.j2").render(who=request.args["t"])
""",
    "script in a template": APP + "@app.get('/t')\ndef t():\n"
    "    return render_template_string('<script>go({{ n }})</script>', n=request.args['t'])\n",
    "handler in a template": APP
    + """
PAGE = '<a href="#" onclick="go(\\'{{ n }}\\')">go</a>'
@app.get('/t')
def t():
    return render_template_string(PAGE, n=request.args['t'])
""",
    "address in a template": APP
    + """
@app.get('/t')
def t():
    return render_template_string('<a href="{{ site }}">site</a>', site=request.args.get('url', '/'))
""",
    "escaped for something else": APP
    + """
from .text import escape_like
@app.get('/t')
def t():
    return '<p>' + escape_like(request.args['t']) + '</p>'
""",
    "escaped, then unquoted": APP
    + """
from urllib.parse import unquote
from .text import escape_html
@app.get('/t')
def t():
    return '<p>' + unquote(escape_html(request.args['t'])) + '</p>'
""",
    "rows that nothing escapes": """
def _row(text):
    return f"<li>{text}</li>"
def rows(texts):
    lines = ["<ul>"]
    for text in texts:
        lines.append(_row(text))
    return "".join(lines)
""",
    "rows of which one is escaped": """
from pages.helpers import escape_text
def rows(first, second):
    lines = ["<ul>"]
    lines.append(escape_text(first))
    lines.append("<li>" + second)
    return "".join(lines)
""",
    "escaped beside raw": APP
    + """
from .text import escape_html
@app.get('/t')
def t():
    return f"<p>{escape_html(request.args['t'])} {request.args['u']}</p>"
""",
    "escaped in an attribute without quotes": APP
    + """
from .text import escape_html
@app.get('/t')
def t():
    return f"<p class={escape_html(request.args['t'])}>"
""",
}

OK = {
    "restful resource": """
from flask import request
from flask_restful import Resource
class Echo(Resource):
    def get(self):
        return "You said " + request.args["text"]
""",
    "fastapi": """
from fastapi import APIRouter
router = APIRouter()
@router.get("/hi/{name}")
def hi(name: str):
    return "Hello " + name
""",
    "imported fastapi router beside nothing of flask": """
from .routers import router
@router.get("/hi/{name}")
def hi(name: str):
    return "Hello " + name
""",
    "dict": APP + "@app.get('/t')\ndef t():\n    return {'message': 'No ' + request.args['t']}\n",
    "number of a helper": APP + "def size(text):\n"
    "    return len(text)\n@app.get('/t')\ndef t():\n    return f'{size(request.args[\"t\"])} letters'\n",
    "header of a tuple": APP + "@app.get('/t')\ndef t():\n    return 'ok', 200, {'X-Echo': request.args['t']}\n",
    "plain tuple": APP + "@app.get('/t')\ndef t():\n"
    "    return 'No ' + request.args['t'], 404, {'content-type': 'text/plain; charset=utf-8'}\n",
    "plain list of headers": APP + "@app.get('/t')\ndef t():\n"
    "    return make_response('No ' + request.args['t'], [('Content-Type', 'text/plain')])\n",
    "plain header set later": APP
    + """
@app.get('/t')
def t():
    answer = make_response('No ' + request.args['t'])
    answer.headers['Content-Type'] = 'text/plain'
    return answer
""",
    "plain header of django": """
from django.http import HttpResponse
def t(request):
    answer = HttpResponse('No ' + request.GET['t'])
    answer['Content-Type'] = 'text/plain'
    return answer
""",
    "plain headers by keyword": APP
    + "@app.get('/t')\ndef t():\n    return Response('a,' + request.args['t'], headers={'Content-Type': 'text/csv'})\n",
    "constants are raw": APP
    + """
@app.get('/t')
def t():
    page = '{% for icon in icons %}{{ icon|safe }}{% endfor %}{{ text }}'
    return render_template_string(page, icons=['<i></i>', '<b></b>'], text=request.args['t'])
""",
    "type in the headers of FastAPI": """
from fastapi import FastAPI, Response
app = FastAPI()
@app.get("/")
def t(text: str):
    return Response(text, headers={"Content-Type": "text/plain"})
""",
    "another part is raw": APP
    + """
@app.get('/t')
def t():
    page = {'head': '<h1>Notes</h1>', 'text': request.args['t']}
    return render_template_string('{{ page.head|safe }}<p>{{ page.text }}</p>', page=page)
""",
    "escaped, then safe": APP + "@app.get('/t')\ndef t():\n"
    "    return render_template_string('<p>{{ t|e|replace(\"x\", \"y\") }}</p>', t=request.args['t'])\n",
    "loop that escapes in bottle": """
from bottle import Bottle, request, template
app = Bottle()
@app.get("/t")
def t():
    return template("% for line in lines:\\n<p>{{ line }}</p>\\n% end\\n", lines=request.query.getall("line"))
""",
    "tojson in quart": """
from quart import Quart, render_template_string, request
app = Quart(__name__)
@app.get('/t')
async def t():
    return await render_template_string('<script>go({{ t|tojson }})</script>', t=request.args["t"])
""",
    "mako that escapes": """
from mako.template import Template
def page(name):
    return Template("<h1>${name | h}</h1>").render(name=name)
""",
    "tornado that escapes": """
from tornado.template import Template
def page(note):
    return Template("<p>{{ note }}</p>").generate(note=note)
""",
    "svg file": APP + "@app.get('/t')\ndef t():\n    return render_template('t.svg', who=request.args['t'])\n",
    "mail in a text file": APP
    + """
from .mail import send
@app.post('/t')
def t():
    send(request.form['to'], render_template('mail.txt', who=request.form['who']))
    return 'sent'
""",
    "escaped in all files": APP
    + """
app.jinja_env.autoescape = True
@app.get('/t')
def t():
    return render_template('t.j2', who=request.args['t'])
""",
    "select_autoescape": """
from flask import Flask, request
from jinja2 import Environment, FileSystemLoader, select_autoescape
pages = Environment(loader=FileSystemLoader("pages"), autoescape=select_autoescape(["html", "j2"]))
app = Flask(__name__)
@app.get('/t')
def t():
    return pages.get_template("t.html.j2").render(who=request.args["t"])
""",
    "engine of django": """
from django.http import HttpResponse
from django.template import loader
def t(request):
    return HttpResponse(loader.get_template("t.html").render({"t": request.GET["t"]}, request))
""",
    "template of django": """
from django.http import HttpResponse
from django.template import Context, Template
def t(request):
    return HttpResponse(Template("<p>{{ t }}</p>").render(Context({"t": request.GET["t"]})))
""",
    "quoted attribute and number in a script": APP
    + """
@app.get('/t')
def t():
    page = '<p id="{{ t }}"></p><script>go({{ n|int }})</script>'
    return render_template_string(page, t=request.args['t'], n=request.args['n'])
""",
    "address of the site": APP
    + """
@app.get('/t')
def t():
    return render_template_string('<a href="/find?q={{ q|urlencode }}">again</a>', q=request.args['q'])
""",
    "escaped in another module": APP
    + """
from . import texts
@app.get('/t')
def t():
    return "<p>{}</p>".format(texts.sanitize_html(request.args['t']))
""",
    "escaped by an imported helper in bottle": """
from bottle import request, route
from site_tools.markup import html_escape
@route("/t")
def t():
    name = html_escape(request.query.name)
    return f"<p title='{name}'>{name}</p>"
""",
    "escaped rows": """
from pages.helpers import escape_text
def rows(texts):
    return "<ul>" + "".join(f"<li>{escape_text(text)}" for text in texts) + "</ul>"
def more(texts):
    lines = ["<ul>"]
    for text in texts:
        lines.append("<li>" + escape_text(text))
    return "".join(lines)
""",
    "escaped elements": """
from pages.helpers import escape_text
def listing(names):
    return "<ul>" + "".join(["<li>", escape_text(names), "</li>"]) + "</ul>"
""",
}


@pytest.mark.parametrize("name", BAD)
def test_a_page_with_outside_data_is_found(name: str) -> None:
    assert "CWE-79" in {finding.rule for finding in scan(BAD[name]).findings}


@pytest.mark.parametrize("name", OK)
def test_what_is_no_page_or_is_escaped_is_clean(name: str) -> None:
    assert not [finding for finding in scan(OK[name]).findings if finding.rule == "CWE-79"]


PLACED = """
import re
from html import escape
from urllib.parse import quote
from flask import Flask, request
app = Flask(__name__)

@app.get("/")
def index():
    name = request.args.get("name", "")
{0}
    return {1}
"""
REFUSED = "    if '<' in name or '>' in name or \"'\" in name or '\"' in name:\n        return 'no'"
UNQUOTED = [
    (REFUSED, "'<input value=' + name + '>'"),
    ("    name = escape(name)", "'<input value=' + name + '>'"),
    (
        "    name = name.replace('<', '&lt;').replace('\"', '&quot;').replace(\"'\", '&#39;')",
        "'<img src=/i.png alt={}>'.format(name)",
    ),
    ("    name = escape(name)", "f'<a href=/users/{name}>x</a>'"),
    ("    name = name.replace('<', '')", "'<a title=\"%s\">x</a>' % name"),  # a quote ends it
]
PLACED_WELL = [
    (REFUSED, "'<input value=\"' + name + '\">'"),
    ("    name = escape(name)", "'<input value=\"' + name + '\">'"),
    ("    if not name.isalnum():\n        return 'no'", "'<input value=' + name + '>'"),
    ("    name = re.sub(r'[^\\w-]', '', name)", "'<img src=/i.png alt={}>'.format(name)"),
    ("    name = quote(name)", "'<img src=/i/' + name + '>'"),
    ("    name = name.replace('<', '&lt;')", "'<a title=\"t\">' + name + '</a>'"),
    ("    name = name.replace('<', '&lt;')", "'<a title=\"t\">%s</a>' % name"),
    ("    name = escape(name)", "'<p>a=' + name + '</p>'"),
]


@pytest.mark.parametrize(("lines", "page"), UNQUOTED)
def test_what_ends_an_attribute_ends_it(lines: str, page: str) -> None:
    assert "CWE-79" in {finding.rule for finding in scan(PLACED.format(lines, page)).findings}


@pytest.mark.parametrize(("lines", "page"), PLACED_WELL)
def test_what_stays_in_its_place_does_not(lines: str, page: str) -> None:
    assert not scan(PLACED.format(lines, page)).findings
