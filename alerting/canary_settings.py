"""What can be set about the canary."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, model_validator

from streams.section import Section


class CanarySettings(Section):
    """A mention of our own that travels the whole way, so that an outside watchdog notices a way that does not work.

    Attributes:
        enabled: Whether canaries are sent off at all.
        interval_seconds: Between two rounds; whoever is outside should expect a heartbeat this often, and worry after
            twice as long.
        url: Where a heartbeat goes with every round that came through, or `url_file`. It may be a secret; its address
            has to be allowed as that of any other receiver. Without either, only metrics and `tocsin doctor` tell.
        method: How it is asked for.
    """

    enabled: bool = True
    interval_seconds: Annotated[float, Field(ge=1, le=3600)] = 60.0
    url: SecretStr | None = None
    url_file: Path | None = None
    method: Literal["get", "post"] = "get"

    @model_validator(mode="after")
    def _at_most_one_url(self) -> "CanarySettings":
        if self.url is not None and self.url_file is not None:
            raise ValueError("takes one of url and url_file, not both")
        return self
