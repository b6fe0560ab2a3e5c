"""docs/infrastructure.md: what was measured goes between two marks; the rest is written by people."""

import datetime
import re

import support

PAGE = support.ROOT / "docs" / "infrastructure.md"
STEPS = ("plan", "apply", "plan again", "destroy")


def table(watch):
    rows = ["| environment | resources | " + " | ".join(STEPS) + " |", "|---|--:|" + "--:|" * len(STEPS)]
    for name, seconds in watch.seconds.items():
        cells = [f"{seconds[step]:.0f} s" if step in seconds else "–" for step in STEPS]
        rows.append(f"| {name} | {watch.counts.get(name, '–')} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def write(watch):
    text = PAGE.read_text()
    marked = re.compile(r"(<!-- measured -->\n).*?(<!-- /measured -->)", re.S)
    day = datetime.date.today().isoformat()
    PAGE.write_text(marked.sub(lambda match: f"{match[1]}Measured {day}, two cores.\n\n{table(watch)}\n{match[2]}", text))
