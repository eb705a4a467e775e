from lumiku.backends.tests.fal_calls import *  # noqa: F403
from lumiku.backends.tests.gate_calls import *  # noqa: F403
