"""Libraries of which little more than the name of a module is known: a library with more gets a file of its own."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Call, Library, arg, calls, modules

LIBRARY = Library(
    "known by name",
    "several",
    (
        *modules(Role.LOG, "loguru.logger", "structlog"),
        *modules(Role.PEER, "confluent_kafka", "kafka", "memcache", "nats", "pymemcache", "stomp", "zmq"),
        Call("**.recv_pyobj", Role.PEER_PICKLE, of=("zmq.Socket",)),
        *calls(
            Role.DESERIALIZER,
            tuple(arg(None, name) for name in ("value_deserializer", "key_deserializer", "deserializer")),
            "kafka.KafkaConsumer",
        ),
        *calls(Role.EXIT, (), "{flask_restful,flask_smorest}.abort"),
        *modules(Role.USERS, "flask_httpauth", "flask_jwt_extended", "flask_login"),
        *modules(Role.BEARER, "flask_jwt_extended", "rest_framework_simplejwt"),
        *calls(Role.SESSION, arg(0, "request"), "aiohttp_session.get_session"),
        *modules(Role.OTHER_UPDATE, "{Crypto,Cryptodome,blake3,cryptography,pygame,rich,tqdm,xxhash}"),
        *modules(Role.STANDARD_SQL, "apsw"),
        *calls(Role.JSON_PARSER, (), "orjson.loads", "ujson.loads"),
        *calls(Role.MARKDOWN, (), "markdown.markdown", "markdown2.markdown"),
    ),
    unchecked="their modules are named, and little in them",
)
