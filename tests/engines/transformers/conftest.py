"""Small models that the tests of this engine share."""

from __future__ import annotations

import pytest

from engines.tiny_models import make_adapter, make_tiny_llama


@pytest.fixture(scope="session")
def base(tmp_path_factory):
    return str(make_tiny_llama(tmp_path_factory.mktemp("base"), chat=True, scale=0.1))


@pytest.fixture(scope="session")
def adapter(base, tmp_path_factory):
    return str(make_adapter(tmp_path_factory.mktemp("adapter"), base))
