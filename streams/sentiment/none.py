"""No sentiment: for streams that are scored upstream, and for measuring what scoring costs."""


class NoScorer:
    """Has no opinion on any text; mentions then count as unscored unless their source scored them."""

    name = "none"

    def score(self, text: str, lang: str | None) -> float | None:  # noqa: ARG002
        """Always None."""
        return None
