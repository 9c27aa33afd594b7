"""Speed, measured fairly: ours beside the peers that are installed, quality before time.

Data out, no printing; `clearprop bench` draws the table. Nothing here runs as a test. Reading
order: `rows` (what is measured, and the goals), `task` (one row's data, start and order),
`contestant` (what ours and every peer must offer), `timing`, `agreement`, `training_row`, `run`.
"""

from clearprop.bench.contestant import Contestant, Trainer, Unsuitable
from clearprop.bench.curves import Curve, draw_curves, measure_curves
from clearprop.bench.machine import Machine
from clearprop.bench.peers import PEERS, installed_peers
from clearprop.bench.result import Result, goals_reached
from clearprop.bench.rows import ROWS, select_rows
from clearprop.bench.run import open_session, run_rows
from clearprop.bench.session import Session

__all__ = [
    "PEERS",
    "ROWS",
    "Contestant",
    "Curve",
    "Machine",
    "Result",
    "Session",
    "Trainer",
    "Unsuitable",
    "draw_curves",
    "goals_reached",
    "installed_peers",
    "measure_curves",
    "open_session",
    "run_rows",
    "select_rows",
]
