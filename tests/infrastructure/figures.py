"""docs/infrastructure.md: what was measured goes between two marks; the rest is written by people."""

import datetime
import re

import cost
import environments
import support

PAGE = support.ROOT / "docs" / "infrastructure.md"
STEPS = ("plan", "apply", "plan again", "destroy")


HEAD = ["| environment | resources | " + " | ".join(STEPS) + " |", "|---|--:|" + "--:|" * len(STEPS)]


def kept(text, mark):
    """Rows of environments that were measured before, by name."""
    old = re.search(rf"<!-- {mark} -->\n(.*?)<!-- /{mark} -->", text, re.S)[1]
    names = {each.name for each in environments.ALL}
    return {line.split(" | ")[0].strip("| "): line for line in old.splitlines() if line.split(" | ")[0].strip("| ") in names}


def rows(watch):
    made = {}
    for name, seconds in watch.seconds.items():
        cells = [f"{seconds[step]:.0f} s" if step in seconds else "–" for step in STEPS]
        made[name] = f"| {name} | {watch.counts.get(name, '–')} | " + " | ".join(cells) + " |"
    return made


def in_order(found):
    return [found[each.name] for each in environments.ALL if each.name in found]


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
    text = PAGE.read_text()
    if watch.seconds:
        measured = "\n".join(HEAD + in_order(kept(text, "measured") | rows(watch)))
        text = replace(text, "measured", f"Measured {datetime.date.today().isoformat()} on two cores.\n\n{measured}")
    PAGE.write_text(replace(text, "accepted", accepted_table()))
    readme = support.TERRAFORM_TREE / "README.md"
    text = readme.read_text()
    readme.write_text(replace(text, "cost", "\n".join(cost.HEAD + in_order(kept(text, "cost") | cost.rows(watch.costs)))))
