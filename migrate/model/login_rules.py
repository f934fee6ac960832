"""The principal's name that a broker derives from a certificate: `ssl.principal.mapping.rules` (KIP-371).

Source: org.apache.kafka.common.security.ssl.SslPrincipalMapper. The first rule whose pattern matches the whole name
decides; where none does, the login is refused.
"""

import re

KEYS = (
    "ssl.principal.mapping.rules",
    "sasl.oauthbearer.sub.claim.name",
    "sasl.kerberos.principal.to.local.rules",
)
"""Broker configs that decide a login's principal; a listener's own value counts before the common one."""

_SPLIT = re.compile(r",\s*(?=RULE:|DEFAULT)")
_RULE = re.compile(r"RULE:((?:\\.|[^\\/])*)/((?:\\.|[^\\/])*)/([LU]?)")
_GROUP = re.compile(r"\$(\d)")


class UnreadableRule(ValueError):
    """A rule that kmig cannot evaluate; its text is the rule."""


def named(rules: str, distinguished: str) -> str | None:
    """Return the name that these rules derive from a distinguished name; None where no rule matches.

    Raises `UnreadableRule` for a rule with a regular expression that only Java understands.
    """
    for rule in _SPLIT.split(rules.strip()):
        if rule.strip() == "DEFAULT":
            return distinguished
        parts = _RULE.fullmatch(rule.strip())
        if parts is None:
            raise UnreadableRule(rule)
        pattern, replacement, case = parts.groups()
        try:
            match = re.fullmatch(pattern, distinguished)
            name = match and match.expand(_GROUP.sub(r"\\\1", replacement.replace("\\/", "/")))
        except (re.error, IndexError) as error:
            raise UnreadableRule(rule) from error
        if name is not None:
            return {"L": name.lower(), "U": name.upper()}.get(case, name)
    return None
