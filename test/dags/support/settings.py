"""What the tests take over from the cluster: settings, options of the database's client, commands of the containers."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

DEVELOPMENT = Path(__file__).resolve().parents[3] / "dist/development"
MANIFEST = DEVELOPMENT / "40-airflow.k8s.yaml"
RULES = DEVELOPMENT / "65-logs.k8s.yaml"
# Left out: what is an address, a folder or a zone of the cluster.
OWN = {
    "AIRFLOW_HOME",
    "AIRFLOW__API__BASE_URL",
    "AIRFLOW__API__SSL_CERT",
    "AIRFLOW__API__SSL_KEY",
    "AIRFLOW__CORE__HOSTNAME_CALLABLE",
    "SSL_CERT_FILE",
}
METADATA = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"


@cache
def container(process: str) -> dict[str, Any]:
    """Container of the Deployment of a process, such as `scheduler`, as it is applied to the development cluster."""
    objects = yaml.safe_load_all(MANIFEST.read_text())
    name = f"edtech-airflow-{process}"
    deployment = next(o for o in objects if o and o["kind"] == "Deployment" and o["metadata"]["name"] == name)
    return deployment["spec"]["template"]["spec"]["containers"][0]


def chart_settings() -> dict[str, str]:
    """Literal `AIRFLOW__` settings without those that belong to the cluster or carry an address."""
    variables = container("scheduler")["env"]
    return {
        v["name"]: v["value"]
        for v in variables
        if v["name"].startswith("AIRFLOW__") and v["name"] not in OWN and "value" in v and not v["name"].startswith(METADATA)
    }


def failure_expressions() -> tuple[re.Pattern, re.Pattern]:
    """What Loki's rule looks for in the scheduler's output: a line of a failure, and the DAG that it names."""
    objects = yaml.safe_load_all(RULES.read_text())
    files = next(o["data"]["rules.yaml"] for o in objects if o and "rules.yaml" in o.get("data", {}))
    rules = [rule for group in yaml.safe_load(files)["groups"] for rule in group["rules"]]
    expression = next(rule["expr"] for rule in rules if rule["record"].startswith("edtech:pipeline_failures"))
    line, dag = re.findall("`([^`]+)`", expression)
    return re.compile(line), re.compile(dag)


def client_options() -> str:
    """Options of libpq in the URL of the metadata database: time limits; TLS is left out, the server of the tests is local."""
    url = next(v["value"] for v in container("scheduler")["env"] if v["name"] == METADATA)
    return "&".join(option for option in url.split("?")[1].split("&") if not option.startswith("ssl"))


def command(process: str) -> list[str]:
    """What the container starts: waits for the database, then becomes the process."""
    return container(process)["args"]
