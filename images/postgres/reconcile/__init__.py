"""Keeps a Patroni cluster at its configuration: dynamic settings, roles, databases, member restarts."""
