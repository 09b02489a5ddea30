"""IPython in a terminal has no panels: a run is shown as text there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SESSION = """
%load_ext jupyter_tracker
import jupyter_tracker as jt
with jt.connect().runs.start("digits", name="first", params={"lr": 0.1}) as run: run.log({"loss": 0.25})

display(jt.RunPanel(run))
%tracker run first
%tracker series first
display(get_ipython().run_line_magic("tracker", "runs digits"))
display(jt.RunsPanel("digits"))
"""


def test_a_run_is_shown_as_text(tmp_path: Path):
    file = tmp_path / "session.ipy"
    file.write_text(SESSION)
    environment = {**os.environ, "IPYTHONDIR": str(tmp_path / "ipython"), "NO_COLOR": "1"}
    command = [sys.executable, "-m", "IPython", "--no-banner", "--simple-prompt", "--colors=NoColor", str(file)]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    shown = ended.stdout
    assert "✓ succeeded   digits / first" in shown
    assert "params   lr=0.1" in shown
    assert "metrics  loss 0.25" in shown
    assert "<svg" not in shown
    assert shown.count("first     digits succeeded") == 2  # the list, and the panel as text
    assert "RunPanel(" not in shown
    assert "RunsPanel(" not in shown
