"""One chart value, drawn as SVG for the page and for the picture."""
