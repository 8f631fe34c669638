"""Plain values, such as a provider's, as a mention."""

from typing import Any

import msgspec

from streams.errors import InvalidMention
from streams.mention import Author, Media, Mention


def mention_from(fields: Any) -> Mention:
    """Make a mention of plain values, such as a decoded JSON object; unknown keys go to `extra`.

    Raises:
        InvalidMention: A field is missing, of the wrong type or out of range.
    """
    if not isinstance(fields, dict):
        raise InvalidMention(f"expected an object, got {type(fields).__name__}")
    known = set(Mention.__struct_fields__)
    plain = {key: value for key, value in fields.items() if key in known}
    extra = {key: value for key, value in fields.items() if key not in known}
    given = plain.get("extra")
    if isinstance(given, dict):
        extra = {**extra, **given}
    _keep_unknown(plain, "author", Author, extra)
    _keep_unknown_media(plain, extra)
    if extra:
        plain["extra"] = extra
    try:
        return msgspec.convert(plain, Mention)
    except (msgspec.ValidationError, RecursionError) as exc:
        raise InvalidMention(str(exc)) from exc


def _keep_unknown(plain: dict[str, Any], key: str, kind: type[msgspec.Struct], extra: dict[str, Any]) -> None:
    nested = plain.get(key)
    if not isinstance(nested, dict):
        return
    known = set(kind.__struct_fields__)
    unknown = {name: value for name, value in nested.items() if name not in known}
    if unknown:
        plain[key] = {name: value for name, value in nested.items() if name in known}
        extra[key] = unknown


def _keep_unknown_media(plain: dict[str, Any], extra: dict[str, Any]) -> None:
    media = plain.get("media")
    if not isinstance(media, list):
        return
    known = set(Media.__struct_fields__)
    if any(isinstance(item, dict) and not known.issuperset(item) for item in media):
        extra["media"] = media
        plain["media"] = [
            {name: value for name, value in item.items() if name in known} if isinstance(item, dict) else item
            for item in media
        ]
