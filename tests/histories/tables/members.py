"""Members of groups, and commits in transactions."""

from tests.histories.words import *

_JOINED = (
    History(
        "members-refuse",
        "While a group has members a commit from outside is refused; when they have left it is taken.",
        (
            (CreateTopic("t"), OK),
            (Join("g", "t"), OK),
            (Groups(), ("g Stable classic",)),
            (Members("g"), 1),
            (Commit("g", "t", 3), "UNKNOWN_MEMBER_ID"),
            (Leave("g"), OK),
            (Commit("g", "t", 3), OK),
            (Members("g"), 0),
        ),
        defects=(7, 17),
    ),
    History(
        "new-protocol",
        "A group of the new protocol does the same.",
        (
            (CreateTopic("t"), OK),
            (Join("g", "t", kind="consumer"), OK),
            (Groups(), ("g Stable consumer",)),
            (Members("g"), 1),
            (Commit("g", "t", 3), "UNKNOWN_MEMBER_ID"),
            (Leave("g"), OK),
            (Commit("g", "t", 3), OK),
            (Committed("g"), ("t-0=3",)),
        ),
        defects=(7, 17),
    ),
    History(
        "keeps-its-type",
        "An empty group takes the type of whoever joins it, and keeps that when it is empty again.",
        (
            (CreateTopic("t"), OK),
            (Commit("g", "t", 3), OK),
            (Groups(), ("g Empty classic",)),
            (Join("g", "t", kind="consumer"), OK),
            (Leave("g"), OK),
            (Groups(), ("g Empty consumer",)),
            (Committed("g"), ("t-0=3",)),
        ),
        defects=(7,),
    ),
    History(
        "lost-member",
        "A member that is gone without a word counts until its session times out.",
        (
            (CreateTopic("t"), OK),
            (Commit("g", "t", 2), OK),
            (Join("g", "t", session=6), OK),
            (Wait(2), OK),
            (Members("g"), 1),
            (Commit("g", "t", 3), "UNKNOWN_MEMBER_ID"),
            comes(Members("g"), 0, 20),
            (Commit("g", "t", 3), OK),
        ),
        defects=(8,),
    ),
    History(
        "left-commits",
        "A group whose members have left keeps its commits, and is Empty.",
        (
            (CreateTopic("t"), OK),
            (Commit("g", "t", 4), OK),
            (Join("g", "t"), OK),
            (Committed("g"), ("t-0=4",)),
            (Leave("g"), OK),
            comes(Groups(), ("g Empty classic",)),
            (Committed("g"), ("t-0=4",)),
        ),
        defects=(17,),
    ),
    History(
        "no-commits",
        "A group whose members never committed has none, and is gone when they leave.",
        (
            (CreateTopic("t"), OK),
            (Join("g", "t"), OK),
            (Committed("g"), ()),
            (Leave("g"), OK),
            comes(Groups(), (), 90),
        ),
        defects=(15,),
    ),
)

_IN_TRANSACTIONS = (
    History(
        "pending-commit",
        "A commit in an open transaction is no commit yet: whoever asks for a stable answer gets an error.",
        (
            (CreateTopic("t"), OK),
            (Commit("g", "t", 1), OK),
            (Init("p", "p"), OK),
            (TxCommit("p", "g", "t", 2), OK),
            (Committed("g"), "UNSTABLE_OFFSET_COMMIT"),
            (Committed("g", stable=False), ("t-0=1",)),
            (End("p"), OK),
            comes(Committed("g"), ("t-0=2",), 5),
        ),
        defects=(15,),
    ),
    History(
        "aborted-commit",
        "With the transaction its commits are aborted: the former one stands.",
        (
            (CreateTopic("t"), OK),
            (Commit("g", "t", 1), OK),
            (Init("p", "p"), OK),
            (TxCommit("p", "g", "t", 2), OK),
            (End("p", commit=False), OK),
            comes(Committed("g"), ("t-0=1",), 5),
        ),
        defects=(15,),
    ),
    History(
        "pending-first-commit",
        "A group whose only commit is in an open transaction is listed and has none; a stable answer is not refused.",
        (
            (CreateTopic("t"), OK),
            (Init("p", "p", timeout=4), OK),
            (TxCommit("p", "g", "t", 2), OK),
            (Vanish("p"), OK),
            (Groups(), ("g Empty classic",)),
            (Committed("g"), ()),
            (Committed("g", stable=False), ()),
        ),
        defects=(13, 15),
    ),
    History(
        "commit-beside-pending",
        "A commit from outside is taken while a transaction's is pending, and stays when that one is committed.",
        (
            (CreateTopic("t"), OK),
            (Init("p", "p"), OK),
            (TxCommit("p", "g", "t", 2), OK),
            (Commit("g", "t", 7), OK),
            (Committed("g", stable=False), ("t-0=7",)),
            (End("p"), OK),
            comes(Committed("g"), ("t-0=7",), 5),
        ),
        defects=(15, 17),
    ),
)

MEMBERS = _JOINED + _IN_TRANSACTIONS
