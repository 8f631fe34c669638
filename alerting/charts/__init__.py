"""Charts: one chart value, drawn as a page's SVG."""
