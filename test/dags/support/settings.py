"""Settings of Airflow that the tests share with the cluster."""

from __future__ import annotations

from pathlib import Path

import yaml

MANIFEST = Path(__file__).resolve().parents[3] / "dist/development/40-airflow.k8s.yaml"
# Left out: what is an address, a folder or a zone of the cluster.
OWN = {"AIRFLOW_HOME", "AIRFLOW__API__BASE_URL", "AIRFLOW__API__SSL_CERT", "AIRFLOW__API__SSL_KEY", "SSL_CERT_FILE"}


def chart_settings() -> dict[str, str]:
    """Literal `AIRFLOW__` settings of the scheduler as they are applied to the development cluster."""
    objects = yaml.safe_load_all(MANIFEST.read_text())
    scheduler = next(o for o in objects if o and o["kind"] == "Deployment" and o["metadata"]["name"].endswith("scheduler"))
    variables = scheduler["spec"]["template"]["spec"]["containers"][0]["env"]
    return {v["name"]: v["value"] for v in variables if "value" in v and v["name"].startswith("AIRFLOW__") and v["name"] not in OWN}
