from lumiku.backends.tests.gate_calls import *  # noqa: F403
