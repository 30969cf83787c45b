"""Where a path leads. A plain one is looked up; only one with a part that varies is searched for by the router.

The router's search leaves a circle of eight objects for the collector with each request, and takes ten times as long.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from flask import Flask, Request
from typing_extensions import override
from werkzeug.routing import MapAdapter, Rule

Plain = Mapping[tuple[str, str], Rule]
"""By method and path."""


class App(Flask):
    """A Flask whose plain paths are looked up."""

    @cached_property
    def plain(self) -> Plain:
        """Read at the first request; Flask takes no new paths after that."""
        return {
            (method, rule.rule): rule
            for rule in self.url_map.iter_rules()
            if not rule.arguments
            for method in rule.methods or ()
        }

    @override
    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        found = super().create_url_adapter(request)
        return None if found is None else _Adapter(found, self.plain)


class _Adapter(MapAdapter):
    def __init__(self, found: MapAdapter, plain: Plain) -> None:
        super().__init__(
            found.map,
            found.server_name,
            found.script_name,
            found.subdomain,
            found.url_scheme,
            found.path_info,
            found.default_method,
            found.query_args,
        )
        self._plain = plain

    @override
    def match(self, *args: Any, **named: Any) -> Any:
        """As the router does. What Flask asks, for the request itself, is looked up first."""
        if named == {"return_rule": True} and not args and not self.websocket:
            rule = self._plain.get((self.default_method, self.path_info))
            if rule is not None:
                return rule, {}
        return super().match(*args, **named)
