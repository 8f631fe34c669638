"""What can be set: the whole configuration file, stream side included."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field, HttpUrl, IPvAnyNetwork, SecretStr, model_validator

from alerting.access import Role
from alerting.canary_settings import CanarySettings
from alerting.contact_settings import ContactSettings
from alerting.evidence_settings import DriverOwnerSettings
from alerting.hook_settings import HooksSettings
from alerting.inbound_settings import InboundSettings, PersonSettings
from alerting.muting_settings import InhibitRuleSettings, TimeIntervalSettings
from alerting.notifier_settings import NotifierSettings
from alerting.oidc_settings import OidcSettings
from alerting.oncall_settings import OwnerSettings, PolicySettings, ScheduleSettings
from alerting.playbook_settings import PlaybookSettings
from alerting.report_settings import ReportSettings
from alerting.route_settings import Name, RouteSettings
from alerting.team_settings import Brand, TeamSettings
from alerting.tier_settings import ChronicSettings, HandOverSettings, QuietHoursSettings, UnownedSettings
from alerting.tracing_settings import TracingSettings
from streams.section import Section
from streams.settings import StreamSettings


class DatabaseSettings(Section):
    """Where incidents live: SQLite for one process, Postgres for several."""

    # It may hold a password, and a webhook's address may be one: neither belongs into a log.
    url: Annotated[str, Field(pattern=r"^(sqlite|postgresql\+asyncpg)://", repr=False)] = "sqlite:///tocsin.db"
    url_file: Path | None = None
    pool_size: Annotated[int, Field(ge=1, le=100)] = 5


class TargetSettings(Section):
    """How soon people mean to act; shown on every incident, and not keeping it is an event.

    Attributes:
        acknowledge_minutes: From opening until somebody takes it on.
        resolve_hours: From opening until it is over.
        public_answer_minutes: From opening until the brand answered in public, where its answers are in the stream.
    """

    acknowledge_minutes: Annotated[float, Field(gt=0, le=10_080)] = 15.0
    resolve_hours: Annotated[float, Field(gt=0, le=720)] = 8.0
    public_answer_minutes: Annotated[float, Field(gt=0, le=10_080)] = 60.0


class RetentionSettings(Section):
    """How long what is kept. The audit trail and the timeline that it signs are kept for ever.

    Attributes:
        minutes_days: Window counts by the minute; older ones by the quarter of an hour.
        quarters_days: Window counts by the quarter of an hour; older ones by the hour.
        windows_days: Window counts at all.
        samples_days: Mentions in their own words, in resolved incidents, counted from when those opened; and answers of
            ours and to us. What customers said to one another goes after a day.
        deliveries_days: Who was told of resolved incidents, and whether it arrived.
        incidents_days: Resolved incidents, counted from when they opened.
        contacts_days: Counts of the contact centre, by the minute.
    """

    minutes_days: Annotated[float, Field(ge=1, le=3650)] = 7.0
    quarters_days: Annotated[float, Field(ge=1, le=3650)] = 90.0
    windows_days: Annotated[float, Field(ge=1, le=3650)] = 730.0
    samples_days: Annotated[float, Field(ge=1, le=3650)] = 7.0
    deliveries_days: Annotated[float, Field(ge=1, le=3650)] = 90.0
    incidents_days: Annotated[float, Field(ge=1, le=3650)] = 730.0
    contacts_days: Annotated[float, Field(ge=15, le=3650)] = 60.0

    @model_validator(mode="after")
    def _wider_is_older(self) -> "RetentionSettings":
        if not self.minutes_days <= self.quarters_days <= self.windows_days:
            raise ValueError("needs minutes_days <= quarters_days <= windows_days")
        if not max(self.samples_days, self.deliveries_days) <= self.incidents_days:
            raise ValueError("samples_days and deliveries_days must not be more than incidents_days")
        return self


class AuditSettings(Section):
    """What signs the audit trail and turns the names of those who acted into keyed hashes.

    Attributes:
        key: At least 16 characters, or `key_file`. Without either the database keeps a key of its own: changes by
            accident are found all the same, but whoever can write to the database could forge.
        former_key_files: Keys that signed before, oldest first, so that what they signed still verifies.
    """

    key: Annotated[SecretStr, Field(min_length=16)] | None = None
    key_file: Path | None = None
    former_key_files: tuple[Path, ...] = ()

    @model_validator(mode="after")
    def _at_most_one_key(self) -> "AuditSettings":
        if self.key is not None and self.key_file is not None:
            raise ValueError("takes one of key and key_file, not both")
        return self


class SilenceSettings(Section):
    """What holds for every silence.

    Attributes:
        notice_minutes: So long before a silence ends, those whom it keeps from hearing of an open incident are told.
        preview_days: How far back a preview looks for what a silence would have hidden.
        longest_days: No silence lasts longer; a recurring one may last a year.
    """

    notice_minutes: Annotated[float, Field(ge=0, le=1440)] = 15.0
    preview_days: Annotated[int, Field(ge=1, le=90)] = 14
    longest_days: Annotated[int, Field(ge=1, le=366)] = 31

    @property
    def notice_before(self) -> timedelta:
        """The same as `notice_minutes`."""
        return timedelta(minutes=self.notice_minutes)


class ReceiverSettings(Section):
    """Somebody who is told, over one or more notifiers.

    Attributes:
        fallback: A receiver that is paged where this one could not be reached within `delivery.fallback_seconds`.
        people: Names from `people` who stand behind it; their own limits then count, over all their receivers.
        pages_per_hour: Of how many incidents an hour it is paged one by one. What comes on top goes out together, as a
            digest; a SEV1 never waits for one.
        quiet_hours: When it is not paged.
        hand_over: When it gets a digest of what happened, and what is still open.
    """

    name: Name
    fallback: Name | None = None
    people: tuple[str, ...] = ()
    pages_per_hour: Annotated[int, Field(ge=1, le=10_000)] | None = None
    quiet_hours: QuietHoursSettings | None = None
    hand_over: HandOverSettings | None = None
    notifiers: Annotated[tuple[NotifierSettings, ...], Field(min_length=1)]


class ApiKeySettings(Section):
    """A key for the API and the console.

    Attributes:
        role: `viewer` looks, `responder` also works on incidents and silences, `admin` also declares topics and
            issues keys.
        brands: Only these are seen, besides those of the key's teams; without any of both, everything.
        expires_at: From then on the key opens nothing.
    """

    name: Name
    role: Role = Role.ADMIN
    brands: Annotated[tuple[Brand, ...], Field(max_length=200)] = ()
    expires_at: AwareDatetime | None = None
    key: Annotated[SecretStr, Field(min_length=16)] | None = None
    key_file: Path | None = None

    @model_validator(mode="after")
    def _one_key(self) -> "ApiKeySettings":
        if (self.key is None) == (self.key_file is None):
            raise ValueError("needs exactly one of key and key_file")
        return self


class ApiSettings(Section):
    """The HTTP side."""

    host: Annotated[str, Field(min_length=1, max_length=253)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8080
    public_url: HttpUrl | None = None
    oidc: OidcSettings | None = None
    keys: tuple[ApiKeySettings, ...] = ()
    requests_per_minute: Annotated[int, Field(ge=60, le=10_000_000)] = 6_000
    max_body_bytes: Annotated[int, Field(ge=1024, le=100_000_000)] = 5_000_000
    max_inflated_bytes: Annotated[int, Field(ge=1024, le=1_000_000_000)] = 25_000_000
    max_batch_mentions: Annotated[int, Field(ge=1, le=100_000)] = 5_000


# What an attempt may take beyond its limit to be given up, and what is left for it to begin.
ANSWER_MARGIN_SECONDS: Final = 1.0


class DeliverySettings(Section):
    """How hard delivery tries, and where it may connect to.

    Attributes:
        attempt_seconds: Time limit of one attempt.
        first_backoff_seconds: Wait after the first failure; doubles, with jitter, up to `max_backoff_seconds`.
        give_up_hours: A message still undelivered after this long is rejected, loudly.
        lease_seconds: How long a process may hold a message, at least 2 s more than `attempt_seconds`. What a killed
            process was sending is sent by the next one this much later at most, plus a second; on SQLite at once.
        fallback_seconds: A page that reached nobody of its receiver for this long, or was refused, goes to the
            receiver's `fallback`.
        last_resort: The receiver that is paged where an incident reached nobody at all.
        digest_seconds: How often digests go out.
        tier_digest_seconds: How often digests of the tier `digest` go out.
        allow_networks: Networks (`10.1.0.0/16`) that notifiers may connect to although they are not public. Loopback,
            private and every other special address is refused unless it stands here.
        trust_proxy: Send through the proxy that `HTTPS_PROXY` and its kin name. The proxy's address has to be allowed
            as any other, and what lies behind it is not checked: the proxy has to.
    """

    attempt_seconds: Annotated[float, Field(gt=0, le=60)] = 5.0
    first_backoff_seconds: Annotated[float, Field(gt=0, le=60)] = 1.0
    max_backoff_seconds: Annotated[float, Field(gt=0, le=3600)] = 60.0
    give_up_hours: Annotated[float, Field(gt=0, le=168)] = 24.0
    lease_seconds: Annotated[float, Field(gt=0, le=300)] = 8.0
    fallback_seconds: Annotated[float, Field(gt=0, le=3600)] = 60.0
    last_resort: Name | None = None
    digest_seconds: Annotated[float, Field(gt=0, le=3600)] = 300.0
    tier_digest_seconds: Annotated[float, Field(ge=60, le=86_400)] = 14_400.0
    allow_networks: tuple[IPvAnyNetwork, ...] = ()
    trust_proxy: bool = False

    @model_validator(mode="after")
    def _lease_outlives_attempt(self) -> "DeliverySettings":
        if self.lease_seconds < self.attempt_seconds + 2 * ANSWER_MARGIN_SECONDS:
            raise ValueError(f"lease_seconds must be larger than attempt_seconds by {2 * ANSWER_MARGIN_SECONDS:g} s")
        return self


class LogOutput(Section):
    """How the service logs."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "console", "json"] = "auto"


class RoleSettings(Section):
    """Where the roles `score` and `detect` serve /metrics and /-/ when they run alone."""

    host: Annotated[str, Field(min_length=1, max_length=253)] = "127.0.0.1"
    score_port: Annotated[int, Field(ge=0, le=65_535)] = 8081
    detect_port: Annotated[int, Field(ge=0, le=65_535)] = 8082


class Settings(StreamSettings):
    """The whole file."""

    database: DatabaseSettings = DatabaseSettings()
    audit: AuditSettings = AuditSettings()
    targets: TargetSettings = TargetSettings()
    silences: SilenceSettings = SilenceSettings()
    time_intervals: tuple[TimeIntervalSettings, ...] = ()
    inhibit_rules: tuple[InhibitRuleSettings, ...] = ()
    playbooks: tuple[PlaybookSettings, ...] = ()
    driver_owners: tuple[DriverOwnerSettings, ...] = ()
    contacts: ContactSettings = ContactSettings()
    retention: RetentionSettings = RetentionSettings()
    receivers: tuple[ReceiverSettings, ...] = ()
    route: RouteSettings = RouteSettings()
    people: tuple[PersonSettings, ...] = ()
    teams: tuple[TeamSettings, ...] = ()
    schedules: tuple[ScheduleSettings, ...] = ()
    policies: tuple[PolicySettings, ...] = ()
    owners: tuple[OwnerSettings, ...] = ()
    unowned: UnownedSettings = UnownedSettings()
    chronic: ChronicSettings = ChronicSettings()
    reports: ReportSettings = ReportSettings()
    inbound: InboundSettings = InboundSettings()
    hooks: HooksSettings = HooksSettings()
    api: ApiSettings = ApiSettings()
    delivery: DeliverySettings = DeliverySettings()
    canary: CanarySettings = CanarySettings()
    tracing: TracingSettings = TracingSettings()
    log: LogOutput = LogOutput()
    roles: RoleSettings = RoleSettings()
