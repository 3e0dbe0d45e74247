"""Where a database is, as `study.yaml` says it."""

import re
from typing import Any

from pydantic import Field, model_validator

from procmine.assemble.mapping.part import Part


class Database(Part):
    """A PostgreSQL database: ``{host: db.example.org, name: orders, user: analyst, password: ORDERS_PASSWORD}``."""

    host: str = "localhost"
    port: int = Field(default=5432, ge=1, le=65535)
    name: str
    user: str
    password: str | None = None
    """The name of the environment variable that holds the password; never the password itself."""

    @model_validator(mode="before")
    @classmethod
    def _no_password(cls, given: Any) -> Any:
        variable = given.get("password") if isinstance(given, dict) else None
        if isinstance(variable, str) and not re.fullmatch(r"[A-Z_][A-Z0-9_]*", variable):
            raise ValueError(
                "password: not the name of an environment variable; write one such as ORDERS_PASSWORD, "
                "and keep the password itself out of the study"
            )
        return given
