"""What every part of `study.yaml` is: fixed once read, and strict about its keys."""

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from procmine.errors import nearest


class Part(BaseModel):
    """A part of `study.yaml`. An unknown key is refused with the nearest known one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, given: Any) -> Any:
        known = [field.alias or name for name, field in cls.model_fields.items()]
        for key in given if isinstance(given, dict) else ():
            if key not in known:
                raise ValueError(f"unknown key {key!r}. {nearest(str(key), known)}")
        return given
