"""docs/infrastructure.md: measured figures go between two marks; the rest is written by people."""

import datetime
import re

import cost
import environments
import support

PAGE = support.ROOT / "docs" / "infrastructure.md"
STEPS = ("plan", "apply", "plan again", "destroy")


HEAD = ["| environment | resources | " + " | ".join(STEPS) + " |", "|---|--:|" + "--:|" * len(STEPS)]


def kept(text, mark):
    """Rows of previously measured environments, by name."""
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
    """Accepted policy findings: id → (the first reason, the number of places)."""
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


def declaration(kind, name):
    """The file in the whole tree that declares a resource; `name` is None for any of the kind."""
    wanted = re.compile(rf'^resource "{kind}" "{name or "[a-z_0-9]+"}"', re.M)
    for path in sorted(support.TERRAFORM_TREE.rglob("*.tf")):
        if ".terraform" not in path.parts and ".terragrunt-cache" not in path.parts and wanted.search(path.read_text()):
            yield path


def declared_in(environment, unit, where):
    """The file with the resource of a specification row; if several modules have one, the file in its unit's module."""
    address = re.sub(r"\[.*", "", where).split(" ")[0] if where.startswith("aws_") else re.sub(r"\[[^]]*\]", "", where).split(" ")[0]
    parts = address.split(".")
    at = next(index for index, part in enumerate(parts) if part.startswith("aws_"))
    kind, name = parts[at], parts[at + 1] if len(parts) > at + 1 else None
    modules = [parts[index + 1] for index in range(0, at, 2)] or [unit]
    # An absent resource is in no file: use the file of others of its kind.
    found = list(declaration(kind, name)) or list(declaration(kind, None))
    own = [path for path in found if path.relative_to(support.TERRAFORM_TREE).parts[-2] in (modules[-1], unit)]
    # A unit's module may use another one, as compute uses edge.
    return (own or found or [None])[0]


TEST = "test_plan_has_every_figure_of_the_specification"


def specification_table():
    """Every documented figure, its value in each environment, and its declaration; the rows are those of `specification.py`."""
    import specification

    rows = {}
    for environment, figures in specification.FIGURES.items():
        for what, unit, where, wanted in figures:
            path = declared_in(environment, unit, where)
            declared = path.relative_to(support.TERRAFORM_TREE) if path else "nowhere"
            rows.setdefault((what, str(declared)), {})[environment] = "none" if wanted is specification.ABSENT else repr(wanted).replace("|", "\\|")
    lines = ["| figure | wanted | declared in | held by |", "|---|---|---|---|"]
    for (what, declared), by_environment in rows.items():
        same = {}
        for environment, value in by_environment.items():
            same.setdefault(value, []).append(environment)
        wanted = "; ".join(f"{', '.join(names)}: `{value}`" for value, names in same.items())
        link = declared if declared == "nowhere" else f"[{declared}](../infra/terraform/{declared})"
        lines.append(f"| {what} | {wanted} | {link} | `{TEST}` |")
    for what, declared, test in specification.ELSEWHERE:
        lines.append(f"| {what} | – | [{declared}](../infra/terraform/{declared}) | `{test}` |")
    return "\n".join(lines)


def replace(text, mark, content):
    pattern = re.compile(rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)", re.S)
    return pattern.sub(lambda match: f"{match[1]}{content}\n{match[2]}", text)


def write(watch):
    text = PAGE.read_text()
    if watch.seconds:
        measured = "\n".join(HEAD + in_order(kept(text, "measured") | rows(watch)))
        text = replace(text, "measured", f"Measured {datetime.date.today().isoformat()} on two cores.\n\n{measured}")
    text = replace(text, "specification", specification_table())
    PAGE.write_text(replace(text, "accepted", accepted_table()))
    readme = support.TERRAFORM_TREE / "README.md"
    text = readme.read_text()
    readme.write_text(replace(text, "cost", "\n".join(cost.HEAD + in_order(kept(text, "cost") | cost.rows(watch.costs)))))


if __name__ == "__main__":
    # The tables that need no environment: python tests/infrastructure/figures.py
    PAGE.write_text(replace(replace(PAGE.read_text(), "specification", specification_table()), "accepted", accepted_table()))
