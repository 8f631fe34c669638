"""How times leave: ISO 8601, UTC, with Z."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator

UtcTime = Annotated[datetime, AfterValidator(lambda value: value.astimezone(UTC))]
