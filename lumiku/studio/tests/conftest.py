from lumiku.testing import *  # noqa: F403
