"""The words of a piece of HTML."""

from html.parser import HTMLParser
from typing import Final

_BREAKS: Final = frozenset({"br", "p", "div", "li", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "tr"})
_UNSEEN: Final = frozenset({"script", "style", "template", "head"})


def text_of_html(text: str) -> str:
    r"""What somebody would read: entities written out, paragraphs as lines, no tags, scripts or styles.

    >>> text_of_html("<p>Where is my <b>refund</b>?</p><p>A &amp; B<br>C</p>")
    'Where is my refund?\nA & B\nC'
    """
    if "<" not in text and "&" not in text:
        return text
    reader = _Words()
    reader.feed(text)
    reader.close()
    return "".join(reader.words).rstrip("\n")


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag == "br":
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in _BREAKS and tag != "br" and self.words:
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.words.append(data)
