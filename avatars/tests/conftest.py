from lumiku.testing import (  # noqa: F401
    _fast_and_private,
    _rules_back,
    alice,
    as_alice,
    as_bob,
    bob,
    committing,
    make_user,
    no_limits,
    pose,
    project,
    staff,
)
