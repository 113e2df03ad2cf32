"""What a run leaves beside rasters holds no secret."""

from __future__ import annotations

from pathlib import Path

from landcover import job as jobs
from landcover.engine.workspace import Workspace
from landcover.leave import leave_inputs

JOB = b"""schema: 1
name: secrets
zones: {sites: {path: sites.csv, id: token, where: "password = 'x'", rings_m: [100]}}
sources:
  - {sensor: sentinel-2-l2a, catalog: "https://ann:pw1@stac.example/v1?token=abc123&limit=5",
     collection: c}
period: [2020, 2020]
products: {composite: {}}
"""


def test_the_job_that_is_left_has_addresses_without_their_tokens(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.prepare()
    job = jobs.loads(JOB, tmp_path)
    leave_inputs(job, (), workspace)
    text = (tmp_path / "job.yaml").read_text("utf-8")
    assert "abc123" not in text
    assert "pw1" not in text
    assert "limit=5" in text
    left = jobs.loads(text.encode(), tmp_path)
    assert left.zones == job.zones  # words that only look like secrets are left as they are
