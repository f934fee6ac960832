"""How a broker makes a principal's name of a certificate's: `ssl.principal.mapping.rules` (KIP-371).

Source: org.apache.kafka.common.security.ssl.SslPrincipalMapper. The first rule whose pattern matches the whole name
decides; where none does, the login is refused.
"""

import re

KEYS = (
    "ssl.principal.mapping.rules",
    "sasl.oauthbearer.sub.claim.name",
    "sasl.kerberos.principal.to.local.rules",
)
"""Broker configs that decide what a login is called, a listener's own before the common one."""

_SPLIT = re.compile(r",\s*(?=RULE:|DEFAULT)")
_RULE = re.compile(r"RULE:((?:\\.|[^\\/])*)/((?:\\.|[^\\/])*)/([LU]?)")
_GROUP = re.compile(r"\$(\d)")


def named(rules: str, distinguished: str) -> str | None:
    """The name that these rules make of a distinguished name; None where no rule matches.

    Raises `ValueError` for a rule that is Java's and not readable here.
    """
    for rule in _SPLIT.split(rules.strip()):
        if rule.strip() == "DEFAULT":
            return distinguished
        parts = _RULE.fullmatch(rule.strip())
        if parts is None:
            raise ValueError(rule)
        pattern, replacement, case = parts.groups()
        try:
            match = re.fullmatch(pattern, distinguished)
            made = match and match.expand(_GROUP.sub(r"\\\1", replacement.replace("\\/", "/")))
        except (re.error, IndexError) as error:
            raise ValueError(rule) from error
        if made is not None:
            return {"L": made.lower(), "U": made.upper()}.get(case, made)
    return None
