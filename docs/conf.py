"""How the documentation becomes a site: `make docs`."""

from importlib.metadata import version as _version

_REPOSITORY = "https://github.com/tocsin-alerts/tocsin/blob/main"

project = "Tocsin"
author = "The Tocsin authors"
release = version = _version("tocsin")
extensions = ["myst_parser"]
exclude_patterns = ["README.md"]  # it is the first page, and included there
html_theme = "furo"
html_title = f"Tocsin {release}"
html_copy_source = False
html_show_sphinx = False
myst_heading_anchors = 3
suppress_warnings = ["misc.highlighting_failure"]  # figures in mermaid are drawn elsewhere, and stand here as text


def setup(app):  # noqa: ANN001, ANN201, D103
    app.connect("source-read", _with_links_to_the_repository)
    app.connect("include-read", lambda app, _path, page, source: _with_links_to_the_repository(app, page, source))


def _with_links_to_the_repository(_app, _page, source):  # noqa: ANN001, ANN202
    """Pages above this folder are no part of the site."""
    for name in ("README", "CONTRIBUTING", "SECURITY", "CHANGELOG"):
        for above in ("../", "../../"):
            if above == "../" and _page.startswith(("howto/", "reference/", "adr/")):
                continue
            source[0] = source[0].replace(f"]({above}{name}.md)", f"]({_REPOSITORY}/{name}.md)")
