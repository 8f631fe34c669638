"""Who is in which team, and so sees which brands."""

from collections.abc import Iterable, Sequence

from alerting.brand_scope import BrandScope
from alerting.team_settings import TeamSettings


class Teams:
    """The teams of the configuration.

    Args:
        teams: Without any, nobody is limited by them.
    """

    def __init__(self, teams: Sequence[TeamSettings] = ()) -> None:
        self._brands = {team.name: frozenset(team.brands) for team in teams}
        self._of: dict[str, frozenset[str]] = {}
        for team in teams:
            for member in team.members:
                self._of[member] = self._of.get(member, frozenset()) | self._brands[team.name]

    def scope_of(self, name: str, brands: Iterable[str] = (), teams: Iterable[str] = ()) -> BrandScope:
        """What whoever has this name sees: everything unless something limits them.

        Args:
            brands: That they are limited to themselves.
            teams: They are in besides; a team that is not there any more has no brands.
        """
        also = tuple(teams)
        own = self._of.get(name, frozenset()) | frozenset(brands)
        for team in also:
            own |= self._brands.get(team, frozenset())
        return BrandScope(own if own or also else None)
