"""Passwords and sessions."""

from tests.histories.words import *

LOGINS = (
    History(
        "login",
        "A login works once its user is set, with its own password and mechanism only.",
        (
            (Login("u", "one"), "SASL_AUTHENTICATION_FAILED"),
            (SetPassword("u", "one"), OK),
            (Login("u", "one"), OK),
            (Login("u", "two"), "SASL_AUTHENTICATION_FAILED"),
            (Login("u", "one", "SCRAM-SHA-256"), "SASL_AUTHENTICATION_FAILED"),
        ),
    ),
    History(
        "two-mechanisms",
        "One user has a password for each mechanism; both work, and each is deleted by itself.",
        (
            (SetPassword("u", "old", "SCRAM-SHA-256"), OK),
            (SetPassword("u", "new", "SCRAM-SHA-512"), OK),
            (Login("u", "old", "SCRAM-SHA-256"), OK),
            (Login("u", "new", "SCRAM-SHA-512"), OK),
            (DeleteUser("u", "SCRAM-SHA-256"), OK),
            (Login("u", "old", "SCRAM-SHA-256"), "SASL_AUTHENTICATION_FAILED"),
            (Login("u", "new", "SCRAM-SHA-512"), OK),
        ),
    ),
    History(
        "unknown-user",
        "To delete a credential that does not exist is an error.",
        (
            (DeleteUser("u"), "RESOURCE_NOT_FOUND"),
            (SetPassword("u", "one"), OK),
            (DeleteUser("u", "SCRAM-SHA-256"), "RESOURCE_NOT_FOUND"),
            (DeleteUser("u"), OK),
        ),
    ),
    History(
        "new-password",
        "A new password replaces the old one for fresh logins.",
        (
            (SetPassword("u", "old"), OK),
            (SetPassword("u", "new"), OK),
            (Login("u", "new"), OK),
            (Login("u", "old"), "SASL_AUTHENTICATION_FAILED"),
        ),
    ),
    History(
        "old-session",
        "A session outlives its user where sessions are unbounded.",
        (
            (CreateTopic("t"), OK),
            (SetPassword("u", "one"), OK),
            (write("u", "t"), OK),
            (As("u", OpenSession("u", "one")), OK),
            (DeleteUser("u"), OK),
            (Login("u", "one"), "SASL_AUTHENTICATION_FAILED"),
            (As("u", Produce("t", ("a",))), 0),
            (Wait(5), OK),
            (As("u", Produce("t", ("b",))), 1),
        ),
    ),
    History(
        "bounded-session",
        "A bounded session ends at the first request after its time, unless it logged in again.",
        (
            (CreateTopic("t"), OK),
            (SetPassword("u", "one", "SCRAM-SHA-256"), OK),
            (write("u", "t"), OK),
            (As("u", OpenSession("u", "one", "SCRAM-SHA-256")), OK),
            (DeleteUser("u", "SCRAM-SHA-256"), OK),
            (As("u", Produce("t", ("a",))), 0),
            (Wait(4), OK),
            (As("u", Produce("t", ("b",))), "DISCONNECTED"),
            (Ends("t"), (0, 1, 1)),
        ),
    ),
    History(
        "rights-of-session",
        "Rights are asked of each request, not of the session.",
        (
            (CreateTopic("t"), OK),
            (As("u", Produce("t", ("a",))), NOT_TOPIC),
            (write("u", "t"), OK),
            (As("u", Produce("t", ("a",))), 0),
            (RemoveAcl(write("u", "t")), OK),
            (As("u", Produce("t", ("b",))), NOT_TOPIC),
        ),
        users=("u",),
        defects=(5,),
    ),
)
