from __future__ import annotations

import pytest

from .checkout import Checkout


@pytest.fixture
def checkout(tmp_path) -> Checkout:
    return Checkout.create(tmp_path / "work tree")
