"""Without a row of a role its program is judged otherwise: each name that a rule asks for by a role is needed.

``PROGRAMS`` has a program for each role, in which ``CALL`` is the row's name; a rule says something of it that it does
not say without the row. ``COVERED`` are rows that change nothing, each with what covers them: the list is exact.
"""

from test_rows import expression

from real.detector.engine import analyse
from real.detector.models.catalogue import calls_of, last_names, libraries
from real.detector.models.kinds import Role
from real.detector.models.rows import Call
from real.detector.rules import select_rules

ROWS = [row for library in libraries() for row in library.rows if isinstance(row, Call)]
PROGRAMS = {
    Role.MESSAGE_LIMIT: ("CWE-770", "CALL(ARG=None)"),
    Role.OPENS_BROWSER: ("CWE-77", "import flask\nCALL(flask.request.args['address'])"),
    Role.WEAK_HASH: ("CWE-327", "CALL(b'x')"),
    Role.WEAK_CIPHER: ("CWE-327", "CALL(b'0123456789abcdef')"),
    Role.FAST_HASH: ("CWE-327", "def store(password):\n    return CALL(password.encode()).hexdigest()"),
    Role.KEY_SIZE: ("CWE-327", "CALL(ARG=512)"),
    Role.NONCE: ("CWE-327", "def seal(key, message):\n    return CALL(ARG=b'000000000000')"),
    Role.COUNTER: ("CWE-327", "CALL(64)"),
    Role.GUESSABLE: ("CWE-327", "def new_token(given):\n    return CALL(given)"),
    Role.MACHINE_ID: ("CWE-327", "def new_token():\n    return str(CALL())"),
    Role.TAKES_KEY: ("CWE-327", "import random\ndef cipher():\n    return CALL(ARG=random.randbytes(16))"),
    Role.PASSWORD_HASH: (
        "CWE-327",
        "import hashlib\ndef store(password):\n    slow = CALL(password)\n"
        "    return hashlib.sha256(password.encode()), slow",
    ),
    Role.PASSWORD_COST: ("CWE-327", "CALL(ARG=2)"),
    Role.PASSWORD_ROUNDS: ("CWE-327", "CALL(ARG=7)"),
    Role.PASSWORD_SALT: ("CWE-327", "CALL(ARG=b'00000000')"),
    Role.PASSWORD_SCHEME: ("CWE-327", "CALL(ARG=['plaintext'])"),
    Role.CIPHER_MODE: ("CWE-327", "CALL(ARG=1)"),
    Role.WEAK_MODE: ("CWE-327", "import Crypto.Cipher.AES\nCrypto.Cipher.AES.new(b'0123456789abcdef', CALL)"),
    Role.WEAK_PADDING: ("CWE-327", "def seal(key, message):\n    return key.encrypt(message, CALL())"),
    Role.REVERSIBLE: ("CWE-327", "from .settings import SECRET_KEY\nCALL(ARG=SECRET_KEY)"),
    Role.TOKEN_ENCODER: ("CWE-327", "CALL(ARG='none')"),
    Role.CLOCK: (
        "CWE-327",
        "import hashlib\ndef new_token(user):\n    return hashlib.sha256(f'{user}{CALL()}'.encode()).hexdigest()",
    ),
    Role.RANDOM: (
        "CWE-327",
        "import hashlib, time\ndef new_token():\n"
        "    return hashlib.sha256(f'{time.time()}{CALL(8)}'.encode()).hexdigest()",
    ),
    Role.UNVERIFIED: ("CWE-347", "def claims(token):\n    return CALL(token)"),
    Role.TOKEN_HEADER: (
        "CWE-347",
        "import jwt\ndef claims(text, key):\n    return jwt.decode(text, key, algorithms=[CALL(text)['alg']])",
    ),
    Role.TOKEN_DECODER: (
        "CWE-347",
        "def claims(text, key):\n    return CALL(text, key, options={'verify_signature': False})",
    ),
    Role.EQUALITY: ("CWE-347", "def check(one, other):\n    CALL(one, other)\n    return True"),
    Role.ANSWER: ("CWE-347", "def check(one, other):\n    CALL(one, other)\n    return True"),
    Role.FAILURE: (
        "CWE-347",
        "def check(key, text, data):\n    try:\n        key.check(text, data)\n    except CALL:\n        pass\n"
        "    return data['user']",
    ),
    Role.SERVER_CHECK: ("CWE-347", "CALL('https://example.org', ARG=False)"),
    Role.NO_VERIFICATION: ("CWE-347", "CALL()"),
    Role.HOSTNAME_CHECK: (
        "CWE-347",
        "import ssl\ncontext = ssl.create_default_context()\ncontext.check_hostname = False",
    ),
    Role.NAME_IN_CERTIFICATE: (
        "CWE-347",
        "import cryptography.x509\ndef check(text, known):\n"
        "    found = cryptography.x509.load_pem_x509_certificate(text)\n    return found.LAST == known",
    ),
    Role.EVERY_HASH: (
        "CWE-327",
        "import hashlib\ndef digest(name, data):\n    if name in CALL:\n        return hashlib.new(name, data)",
    ),
    Role.HOST_KEY_CHECK: ("CWE-347", "import paramiko\nCALL(ARG=POLICY)"),
    Role.ANY_HOST_KEY: ("CWE-347", "import paramiko\nparamiko.SSHClient().set_missing_host_key_policy(CALL())"),
    Role.WEBHOOK_CHECK: (
        "CWE-347",
        "import flask\napp = flask.Flask(__name__)\n@app.post('/webhook')\ndef webhook():\n"
        "    event = flask.request.get_json()\n    print(CALL(event))\n    return event['id']",
    ),
    Role.STARTS: ("CWE-347", "CALL(ARG=['gpg', '--verify', 'a.sig'])"),
    Role.RUNS_FILE: (
        "CWE-347",
        "import urllib.request\ndef update(url):\n    urllib.request.urlretrieve(url, 'new.tar')\n    CALL('new.tar')",
    ),
    Role.DOWNLOAD: (
        "CWE-347",
        "import os\ndef update(url):\n    with open('new.sh', 'wb') as file:\n        file.write(CALL(url).content)\n"
        "    os.system('new.sh')",
    ),
    Role.SAVED_DOWNLOAD: (
        "CWE-347",
        "import os\ndef update(url):\n    CALL(url, 'new.sh')\n    os.system('new.sh')",
    ),
    Role.TAGS_IF_UNSAFE: ("CWE-502", "yaml = CALL(ARG='unsafe')\ndef read(text):\n    return yaml.load(text)"),
    Role.READS_TAGS: (
        "CWE-502",
        "import ruamel.yaml\nruamel.yaml.YAML(typ='unsafe')\ndef read(text):\n    return CALL(text)",
    ),
}

_OFF = "import ssl\ncontext = ssl.create_default_context()\ncontext.verify_mode = ssl.CERT_NONE"
# Attributes and constants, which are not called as the others of their role are.
SPECIAL = {"ssl.CERT_NONE": _OFF, "ssl.SSLContext().verify_mode": _OFF}
SAME_NAME = "the same last name in a row of another library"
COVERED = {
    "django.core.signing.BadSignature": SAME_NAME,
    "itsdangerous.BadSignature": SAME_NAME,
    "ecdsa.BadSignatureError": SAME_NAME,
    "nacl.exceptions.BadSignatureError": SAME_NAME,
    "Crypto.Random.get_random_bytes": SAME_NAME,
    "Cryptodome.Random.get_random_bytes": SAME_NAME,
    "Crypto.Cipher.AES.new": "as TAKES_KEY: its row of a nonce",
    "Cryptodome.Cipher.AES.new": "as TAKES_KEY: its row of a nonce",
    "cryptography.hazmat.primitives.ciphers.algorithms.ChaCha20": "as TAKES_KEY: its row of a nonce",
}


def program(row: Call) -> str:
    """The program of the row's role, with its name and its argument."""
    imported, name = expression(row.api)
    text = SPECIAL.get(row.api, PROGRAMS[row.role][1]).replace("CALL", name).replace("LAST", name.rpartition(".")[2])
    names = row.arguments[-1].names if row.arguments else ()
    none = "paramiko.AutoAddPolicy()" if "paramiko" in row.api else "None"
    return f"{imported}\n{text}\n".replace("ARG", names[0] if names else "key").replace("POLICY", none)


def judged(row: Call) -> set[str]:
    rule, _ = PROGRAMS[row.role]
    return {finding.message for finding in analyse(program(row), tuple(select_rules((rule,)))).findings}


def test_without_a_row_its_program_is_judged_otherwise() -> None:
    left = set()
    for row in (row for row in ROWS if row.role in PROGRAMS):
        key = row.api.removeprefix("**.")
        before = judged(row)
        kept = calls_of(row.role).pop(key)
        last_names.cache_clear()
        if judged(row) == before:
            left.add(row.api)
        calls_of(row.role)[key] = kept
        last_names.cache_clear()
    assert left == COVERED.keys()
