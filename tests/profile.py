"""How large the tests are: `make test` keeps them small where the rule still bites, `make soak` (TEST_PROFILE=soak) does not."""

import os

IS_SOAK = os.environ.get("TEST_PROFILE") == "soak"
