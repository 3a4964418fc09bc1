"""Tables as text, for programs that may run what they read."""

import pytest

from widgets.tables.delimited_text import comma_separated


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_cell_that_a_spreadsheet_would_run_is_written_as_text(sign: str) -> None:
    written = comma_separated([[f"{sign}cmd|' /C calc'!A0", "-1.5", "plain"]])
    assert written.lstrip('"').startswith(f"'{sign}cmd")
    assert ",-1.5,plain" in written
