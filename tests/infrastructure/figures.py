"""docs/infrastructure.md: what was measured goes between two marks; the rest is written by people."""

import datetime
import re

import cost
import support

PAGE = support.ROOT / "docs" / "infrastructure.md"
STEPS = ("plan", "apply", "plan again", "destroy")


def table(watch):
    rows = ["| environment | resources | " + " | ".join(STEPS) + " |", "|---|--:|" + "--:|" * len(STEPS)]
    for name, seconds in watch.seconds.items():
        cells = [f"{seconds[step]:.0f} s" if step in seconds else "–" for step in STEPS]
        rows.append(f"| {name} | {watch.counts.get(name, '–')} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def accepted():
    """Policy findings that are accepted: id → (the first reason, in how many places)."""
    found = {}
    for path in sorted(support.TERRAFORM_TREE.rglob("*.tf")):
        if ".terraform" in path.parts or ".terragrunt-cache" in path.parts:
            continue
        for check, reason in re.findall(r"# checkov:skip=(\w+): (.*)", path.read_text()):
            first, places = found.get(check, (reason, 0))
            found[check] = (max(first, reason, key=len), places + 1)
    return dict(sorted(found.items()))


def accepted_table():
    rows = ["| check | places | why |", "|---|--:|---|"]
    rows += [f"| {check} | {places} | {reason} |" for check, (reason, places) in accepted().items()]
    return "\n".join(rows)


def replace(text, mark, content):
    pattern = re.compile(rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)", re.S)
    return pattern.sub(lambda match: f"{match[1]}{content}\n{match[2]}", text)


def write(watch):
    day = datetime.date.today().isoformat()
    text = PAGE.read_text()
    if watch.seconds:
        text = replace(text, "measured", f"Measured {day} on two cores.\n\n{table(watch)}")
    PAGE.write_text(replace(text, "accepted", accepted_table()))
    readme = support.TERRAFORM_TREE / "README.md"
    if watch.costs:
        readme.write_text(replace(readme.read_text(), "cost", cost.table(watch.costs)))
