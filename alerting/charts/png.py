"""A drawing as a picture: `python -m alerting.charts.png < chart.svg > chart.png`, a process of its own.

What draws is native code that nothing could interrupt; a process can be given up.
"""

import sys
from pathlib import Path
from typing import Final

import resvg_py

WIDTH: Final = 1160
# What a drawing calls sans-serif is one of these, the first that is there; without any a picture has no words.
FONTS: Final = ("DejaVuSans.ttf", "LiberationSans-Regular.ttf", "NotoSans-Regular.ttf", "Arial.ttf")
FAMILIES: Final = ("DejaVu Sans", "Liberation Sans", "Noto Sans", "Arial")
PLACES: Final = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", "/System/Library/Fonts/Supplemental")
LARGEST: Final = 2_000_000


def _font() -> tuple[str, str | None]:
    """The family that stands for sans-serif, and its file."""
    for name, family in zip(FONTS, FAMILIES, strict=True):
        for place in PLACES:
            found = next(Path(place).rglob(name), None) if Path(place).is_dir() else None
            if found is not None:
                return family, str(found)
    return FAMILIES[0], None


def main() -> int:
    """Read SVG, write PNG; 0 where that worked."""
    drawing = sys.stdin.buffer.read(LARGEST + 1)
    if len(drawing) > LARGEST:
        return 1
    family, file = _font()
    png = resvg_py.svg_to_bytes(
        svg_string=drawing.decode(),
        background="#ffffff",
        width=WIDTH,
        skip_system_fonts=True,  # all of them take seconds to read; one is enough
        font_files=[file] if file else [],
        sans_serif_family=family,
    )
    sys.stdout.buffer.write(bytes(png))
    return 0


if __name__ == "__main__":
    sys.exit(main())
