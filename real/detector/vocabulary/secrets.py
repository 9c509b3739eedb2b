"""Secrets, and what proves who wrote something."""

from __future__ import annotations

from real.detector.vocabulary.entry import Pairs, Words

KEY_WORDS = Words(
    "key keys passphrase password pepper private salt secret secrets token",
    "what goes into a digest or a cipher and is known to nobody else",
    ("hmac.new(secret_key, body)", "sha256(salt + password)"),
    "RFC 2104 (key), NIST SP 800-132 (salt, password), CWE-321",
)
SIGNATURE_WORDS = Words(
    "digest hmac mac sig sign signature signatures",
    "values that prove who wrote a message; a mask, a sign of a number and a signal are none",
    ("expected_sig", "request.headers['X-Hub-Signature']"),
    "RFC 2104 (HMAC, MAC), RFC 7515 (signature)",
)
HASHED_SECRETS = Words(
    "account api auth key login pass pin pw salt salted token user",
    "what a hash is kept for in place of a password; of other things it lets nobody in",
    ("member.pin_hash", "row['user_hash']"),
    "OWASP Password Storage Cheat Sheet; Git and RFC 9530 (hashes that are published)",
)
SECRET_WORDS = Words(
    "credentials cvc cvv hash iban otp passcode passphrase passwd password pwd secret secrets ssn totp",
    "fields that are never shown to anybody",
    ("user.password", "card['cvv']"),
    "CWE-200 and CWE-359; PCI DSS 3.3 (cvv); OWASP Secrets Management Cheat Sheet",
)
PASSWORD_WORDS = Words(
    "passcode passphrase passwd password pwd",
    "what somebody signs in with, and never a hash of it",
    ("def store(password)", "form['passwd']"),
    "NIST SP 800-63B (memorized secret: password, passphrase), POSIX (passwd, crypt)",
)
UNGUESSABLE_WORDS = Words(
    "apikey csrf iv nonce otp salt secret token",
    "names of what must not be guessed, beside passwords",
    ("reset_token = make()", "csrf = random.random()"),
    "CWE-330, CWE-338; RFC 4226 (OTP), RFC 6749 (token), NIST SP 800-38D (IV, nonce)",
)
ABOUT_SECRETS = Words(
    """allow change changed count error errors expired expires field file fingerprint form help hint id label length
    masked name path policy reset rules strength type url valid validator""",
    "words with which a name is about a secret, and is none",
    ("password_policy", "form.secret_label"),
    "OWASP Authentication Cheat Sheet (strength, length, attempts), RFC 6749 (expires_in), Django (help_text)",
)
PROVING_WORDS = Words(
    "authenticate checksum fingerprint signed verified verify",
    "names of calls that verify, or prepare a verification, beside those for signatures",
    ("bundle.verify(key)", "compare_checksum(path)"),
    "RFC 8032 (verify), GnuPG (fingerprint, verify), The Update Framework",
)
ENCRYPTING_WORDS = Words(
    "cipher decipher decrypt encrypt obfuscate",
    "names of functions that promise that nobody can read what they make",
    ("def encrypt_card(number)", "class Cipher"),
    "CWE-327; NIST SP 800-175B (encrypt, cipher)",
)
MESSAGE_WORDS = Words(
    "counter data message msg nonce number payload plaintext random sequence text time",
    "what differs from message to message, so that what is made of it does not repeat",
    ("nonce = hmac(key, message)", "iv = counter.to_bytes(12, 'big')"),
    "NIST SP 800-38D, 8.2 (deterministic and random construction of initialisation vectors)",
)
SECRET_KEYS = Pairs(
    """access key, api key, client secret, encryption key, jwt key, jwt secret, master key, private key, secret key,
    session key, session secret, signing key""",
    "keys and secrets by which programs prove who they are, or what they have made",
    ("app.config['SECRET_KEY']", "def sign(text, signing_key)"),
    "Django and Flask (SECRET_KEY), RFC 6749 (client secret), AWS (access key), NIST SP 800-57 (private key)",
)
SECRET_TOKENS = Pairs(
    """access token, account number, auth code, auth token, backup code, bearer token, card number, credit card, invite
    code, login code, recovery code, refresh token, reset code, reset token, security answer, session id,
    session token, tax id, verification code""",
    "what somebody is let in by, and numbers that are nobody else's",
    ("session['access_token']", "order.card_number"),
    "RFC 6749 (access token, refresh token), PCI DSS 3.3 (card number), NIST SP 800-63B (recovery code)",
)
SECRET_ADDRESSES = Pairs(
    """amqp url, broker url, connection string, database uri, database url, db uri, db url, mongo uri, mongo url,
    mongodb uri, mysql url, postgres url, redis url, sentry dsn, sqlalchemy uri""",
    "settings whose value is an address with a user and a password in it",
    ("os.environ['DATABASE_URL']", "BROKER_URL = 'amqp://user:password@host'"),
    "RFC 3986, 3.2.1 (userinfo), Heroku (DATABASE_URL, REDIS_URL), Celery (broker_url)",
)
