"""A certificate that signs itself, for one examination: by arithmetic, for the standard library makes none."""

from __future__ import annotations

import base64
import hashlib
import secrets
import textwrap

# The curve P-256 (FIPS 186-4): y² = x³ - 3x + b modulo P, with the base point G of order N.
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
Point = tuple[int, int]

_EC_KEY, _P256, _ECDSA_SHA256 = (1, 2, 840, 10045, 2, 1), (1, 2, 840, 10045, 3, 1, 7), (1, 2, 840, 10045, 4, 3, 2)
_COMMON_NAME, _ALTERNATIVE_NAME = (2, 5, 4, 3), (2, 5, 29, 17)
_NAME = b"localhost"


def certificate() -> str:
    """A new key and its certificate, in PEM format. The key is no secret: timing tells it, and nobody trusts it."""
    secret = secrets.randbelow(N - 1) + 1
    public = _bits(b"\x04" + b"".join(number.to_bytes(32) for number in times(secret, G)))
    told = _told(public)
    signed = _sequence(told, _sequence(_oid(_ECDSA_SHA256)), _bits(_signature(secret, told)))
    key = _sequence(_integer(1), _tagged(0x04, secret.to_bytes(32)), _tagged(0xA0, _oid(_P256)), _tagged(0xA1, public))
    return _pem("EC PRIVATE KEY", key) + _pem("CERTIFICATE", signed)


def _told(public: bytes) -> bytes:
    """What a certificate says, and is signed."""
    name = _sequence(_tagged(0x31, _sequence(_oid(_COMMON_NAME), _tagged(0x0C, _NAME))))
    always = _sequence(_tagged(0x17, b"200101000000Z"), _tagged(0x18, b"99991231235959Z"))
    alternative = _sequence(_oid(_ALTERNATIVE_NAME), _tagged(0x04, _sequence(_tagged(0x82, _NAME))))
    return _sequence(
        _tagged(0xA0, _integer(2)),
        _integer(secrets.randbits(64)),
        _sequence(_oid(_ECDSA_SHA256)),
        name,
        always,
        name,
        _sequence(_sequence(_oid(_EC_KEY), _oid(_P256)), public),
        _tagged(0xA3, _sequence(alternative)),
    )


# -- arithmetic --------------------------------------------------------------------------------------------------------


def times(factor: int, point: Point) -> Point:
    """The point added to itself, so many times, from 1 to N - 1."""
    found: Point | None = None
    while factor:
        if factor & 1:
            found = point if found is None else _sum(found, point)
        point, factor = _sum(point, point), factor >> 1
    assert found is not None
    return found


def _sum(one: Point, other: Point) -> Point:
    if one == other:
        slope = 3 * (one[0] ** 2 - 1) * pow(2 * one[1], -1, P)
    else:
        slope = (one[1] - other[1]) * pow(one[0] - other[0], -1, P)
    x = (slope**2 - one[0] - other[0]) % P
    return x, (slope * (one[0] - x) - one[1]) % P


def _signature(secret: int, data: bytes) -> bytes:
    once = secrets.randbelow(N - 1) + 1
    r = times(once, G)[0] % N
    s = pow(once, -1, N) * (int.from_bytes(hashlib.sha256(data).digest()) + r * secret) % N
    return _sequence(_integer(r), _integer(s))


# -- DER (X.690) -------------------------------------------------------------------------------------------------------


def _tagged(tag: int, content: bytes) -> bytes:
    size = len(content)
    digits = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, size]) + content if size < 0x80 else bytes([tag, 0x80 | len(digits)]) + digits + content


def _sequence(*parts: bytes) -> bytes:
    return _tagged(0x30, b"".join(parts))


def _integer(number: int) -> bytes:
    return _tagged(0x02, number.to_bytes(number.bit_length() // 8 + 1))


def _bits(content: bytes) -> bytes:
    return _tagged(0x03, b"\0" + content)


def _oid(numbers: tuple[int, ...]) -> bytes:
    return _tagged(0x06, bytes([40 * numbers[0] + numbers[1]]) + b"".join(map(_septets, numbers[2:])))


def _septets(number: int) -> bytes:
    """Seven bits a byte; all but the last have the highest bit set."""
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.insert(0, 0x80 | number & 0x7F)
    return bytes(digits)


def _pem(label: str, content: bytes) -> str:
    lines = "\n".join(textwrap.wrap(base64.b64encode(content).decode(), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"
