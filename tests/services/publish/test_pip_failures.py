"""Failed installations in a sentence: as pip and apt print them, to what was wrong and what to do."""

import pytest

from services.errors import InvalidInput
from services.publish.pip_failures import explain_build_failure

CONFLICT = """Collecting scikit-learn==1.3.2
ERROR: Cannot install -r requirements.txt (line 1) because these have conflicting dependencies.
The conflict is caused by:
    scikit-learn 1.3.2 depends on numpy<2.0 and >=1.17.3
    The user requested (constraint) numpy==2.4.6
To fix this you could try to:
1. loosen the range of package versions you've specified
ERROR: ResolutionImpossible: for help visit https://pip.pypa.io/en/latest/topics/
"""
AMONG_THEMSELVES = """ERROR: Cannot install a and b==2 because these have conflicting dependencies.

The conflict is caused by:
    The user requested b==2
    a 1.0 depends on b<2

To fix this you could try to:
"""
NO_INDEX = """WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError'
ERROR: Could not find a version that satisfies the requirement toolz (from versions: none)
ERROR: No matching distribution found for toolz
"""
SOURCES = """Collecting toolz
Collecting peculiar==1.0
  error: subprocess-exited-with-error
"""
BROKEN = """scikit-learn 1.9.1 has requirement scipy>=1.13, but you have scipy 1.11.4.
mine 1.0 requires toolz, which is not installed.
"""


@pytest.mark.parametrize(
    ("printed", "words", "remedy"),
    [
        (
            CONFLICT,
            "scikit-learn 1.3.2 depends on numpy<2.0 and >=1.17.3; Relevo keeps numpy 2.4.6",
            "may then be named",
        ),
        (AMONG_THEMSELVES, "requirements.txt asks for b==2; a 1.0 depends on b<2", "go together"),
        (NO_INDEX, "the package index did not answer when toolz was looked for", "configuration"),
        ("ERROR: No matching distribution found for toolz==9\n", "has no toolz==9 for Python", "Correct"),
        ("  ERROR: Failed building wheel for peculiar\n", "peculiar comes as sources only", "wheel"),
        (SOURCES, "peculiar==1.0 comes as sources only", "wheel"),
        (
            BROKEN,
            "scikit-learn 1.9.1 needs scipy>=1.13, and there would be scipy 1.11.4; mine 1.0 needs toolz",
            "go together",
        ),
        ("Err:1\nE: Unable to locate package libgomp1\n", "Unable to locate package libgomp1", "Details"),
    ],
)  # fmt: skip
def test_what_failed_is_told_with_what_to_do(printed: str, words: str, remedy: str) -> None:
    told = explain_build_failure(InvalidInput("failed at step 5", details=printed), "wine B")
    assert told.message.startswith("What wine B needs cannot be installed: ")
    assert words in told.message
    assert remedy in told.remedy
    assert told.details == printed


def test_a_failure_of_another_sort_stays_as_it_is() -> None:
    error = InvalidInput("failed at step 2", details="COPY failed: no space")
    assert explain_build_failure(error, "wine B") is error
