"""What the standard library returns, from MyPy's typeshed: made by tests/detector/models/typeshed.py."""

from __future__ import annotations

# A truth value.
_TRUTHS = """
    builtins.all builtins.any builtins.callable builtins.hasattr builtins.isinstance builtins.issubclass
    calendar.isleap cmath.isclose cmath.isfinite cmath.isinf cmath.isnan keyword.iskeyword keyword.issoftkeyword
    math.isclose math.isfinite math.isinf math.isnan math.isnormal math.issubnormal math.signbit operator.contains
    operator.is_ operator.is_none operator.is_not operator.is_not_none operator.not_ operator.truth os.path.exists
    os.path.isabs os.path.isdevdrive os.path.isdir os.path.isfile os.path.isjunction os.path.islink os.path.ismount
    os.path.lexists os.path.samefile os.path.sameopenfile os.path.samestat unicodedata.extended_pictographic
    unicodedata.is_normalized unicodedata.isxidcontinue unicodedata.isxidstart
"""
TRUTHS = frozenset(_TRUTHS.split())

# A number.
_NUMBERS = """
    binascii.crc32 binascii.crc_hqx builtins.hash builtins.id builtins.len builtins.ord calendar.firstweekday
    calendar.leapdays calendar.timegm calendar.weekday cmath.acos cmath.acosh cmath.asin cmath.asinh cmath.atan
    cmath.atanh cmath.cos cmath.cosh cmath.exp cmath.log cmath.log10 cmath.phase cmath.rect cmath.sin cmath.sinh
    cmath.sqrt cmath.tan cmath.tanh math.acos math.acosh math.asin math.asinh math.atan math.atan2 math.atanh
    math.cbrt math.comb math.copysign math.cos math.cosh math.degrees math.dist math.erf math.erfc math.exp math.exp2
    math.expm1 math.fabs math.factorial math.fma math.fmax math.fmin math.fmod math.fsum math.gamma math.gcd
    math.hypot math.isqrt math.lcm math.ldexp math.lgamma math.log math.log10 math.log1p math.log2 math.nextafter
    math.perm math.pow math.radians math.remainder math.sin math.sinh math.sqrt math.sumprod math.tan math.tanh
    math.ulp operator.countOf operator.index operator.indexOf operator.length_hint os.path.getatime os.path.getctime
    os.path.getmtime os.path.getsize statistics.correlation statistics.covariance statistics.fmean
    statistics.geometric_mean time.clock_getres time.clock_gettime time.clock_gettime_ns time.clock_settime_ns
    time.mktime time.monotonic time.monotonic_ns time.perf_counter time.perf_counter_ns time.process_time
    time.process_time_ns time.pthread_getcpuclockid time.thread_time time.thread_time_ns time.time time.time_ns
    unicodedata.combining unicodedata.mirrored uuid.getnode zlib.adler32 zlib.adler32_combine zlib.crc32
    zlib.crc32_combine
"""
NUMBERS = frozenset(_NUMBERS.split())

# A date, a time, a UUID ...: an object with a fixed text form, or a failure.
_FIXED = """
    builtins.bool builtins.complex builtins.complex.from_number builtins.float builtins.float.from_number
    builtins.float.fromhex builtins.int builtins.range builtins.slice datetime.date datetime.date.fromisocalendar
    datetime.date.fromisoformat datetime.date.fromordinal datetime.date.fromtimestamp datetime.date.strptime
    datetime.date.today datetime.datetime datetime.datetime.combine datetime.datetime.fromisoformat
    datetime.datetime.fromtimestamp datetime.datetime.now datetime.datetime.strptime
    datetime.datetime.utcfromtimestamp datetime.datetime.utcnow datetime.time datetime.time.fromisoformat
    datetime.time.strptime datetime.timedelta datetime.timezone decimal.Decimal decimal.Decimal.from_float
    decimal.Decimal.from_number fractions.Fraction fractions.Fraction.from_decimal fractions.Fraction.from_float
    fractions.Fraction.from_number ipaddress.IPv4Address ipaddress.IPv4Network time.gmtime time.localtime
    time.strptime time.struct_time uuid.UUID uuid.uuid1 uuid.uuid3 uuid.uuid4 uuid.uuid5 uuid.uuid6 uuid.uuid7
    uuid.uuid8
"""
FIXED = frozenset(_FIXED.split())
