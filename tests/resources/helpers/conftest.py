"""The helper in Python as a notebook imports it, and training sets."""

import importlib.util
import sys
from collections.abc import Iterator
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from resources import path


@pytest.fixture(scope="session")
def relevo() -> Iterator[ModuleType]:
    """The helper's module, under the name that notebooks know it by."""
    found = importlib.util.spec_from_file_location("relevo", path("helpers", "relevo.py"))
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules["relevo"] = module
    found.loader.exec_module(module)
    yield module
    del sys.modules["relevo"]


@pytest.fixture(scope="session")
def flats() -> pd.DataFrame:
    """Numbers, a gap, texts, truths, names that no column can have; a price and a class."""
    random = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "Größe in qm": random.uniform(20, 200, 120).round(1),
            "rooms": random.integers(1, 6, 120),
            "town": random.choice(["Bonn", "Köln"], 120),
            "lift": random.random(120) > 0.5,
        }
    )
    frame["price"] = frame["Größe in qm"] * 3 + frame.rooms * 20
    frame["dear"] = np.where(frame.price > frame.price.median(), "yes", "no")
    frame.loc[::17, "Größe in qm"] = np.nan
    return frame


@pytest.fixture(scope="session")
def measures(flats: pd.DataFrame) -> pd.DataFrame:
    """Numbers only and without gaps, with a class."""
    return flats[["rooms", "price", "dear"]]
