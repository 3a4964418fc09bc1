"""One table, and the tables made of it.

Lives here: `DataTable` (source model, filter proxy, delegate, named roles; all values computed before
they are shown), and the tables of metrics, history, activity and projects built on it.
`metrics_rows` needs numpy by way of evaluation's types: import it by its own name, after the first paint.
May not live here: any reading of data, or asking a row for its text while painting.
"""

from widgets.tables.activity import ActivityRow, ActivityState, ActivityTable
from widgets.tables.cells import Cell, Column, Row
from widgets.tables.history import HistoryTable
from widgets.tables.metrics import MetricsTable
from widgets.tables.projects import ProjectRow, ProjectsTable
from widgets.tables.table import DataTable

__all__ = [
    "ActivityRow",
    "ActivityState",
    "ActivityTable",
    "Cell",
    "Column",
    "DataTable",
    "HistoryTable",
    "MetricsTable",
    "ProjectRow",
    "ProjectsTable",
    "Row",
]
