#!/usr/bin/env python3
"""The tables of inputs and outputs in each module's README, from its variables.tf and outputs.tf.

    infra/terraform/readme.py            write them
    infra/terraform/readme.py --check    say which are old, and exit with 1

Between two marks as terraform-docs writes them, so that `terraform-docs markdown table --output-file README.md` can
take over where it is installed.
"""

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
BEGIN, END = "<!-- BEGIN_TF_DOCS -->", "<!-- END_TF_DOCS -->"


def blocks(text, kind):
    """(name, body) of every top-level block of a kind; `terraform fmt` puts their closing brace at the line's start."""
    return re.findall(rf'^{kind} "([^"]+)" {{\n(.*?)^}}', text, re.M | re.S)


def attribute(body, name):
    """An attribute's text, over as many lines as its brackets are open."""
    match = re.search(rf"^  {name} += (.*)", body, re.M)
    if not match:
        return None
    text = match[1]
    rest = body[match.end() :].splitlines()[1:]
    while rest and sum(text.count(bracket) for bracket in "([{") > sum(text.count(bracket) for bracket in ")]}"):
        text += "\n" + rest.pop(0)
    return text


def code(text):
    one_line = re.sub(r"([({\[])\n\s*", r"\1 ", text)
    one_line = re.sub(r"\n\s*([)}\]])", r" \1", one_line)
    return "`" + re.sub(r" +", " ", re.sub(r",?\n\s*", ", ", one_line)).replace("|", "\\|") + "`"


def tables(folder):
    inputs = blocks((folder / "variables.tf").read_text(), "variable")
    outputs = blocks((folder / "outputs.tf").read_text(), "output")
    lines = ["## Inputs", "", "| name | what | type | default |", "|---|---|---|---|"]
    for name, body in sorted(inputs):
        kind = attribute(body, "type")
        kind = code(re.sub(r"^(\w+)\(object\(.*", r"\1(object)", kind, flags=re.S) if kind.count("\n") > 6 else kind)
        default = attribute(body, "default")
        described = attribute(body, "description")[1:-1].replace("|", "\\|").replace('\\"', '"')
        lines.append(f"| {name} | {described} | {kind} | {code(default) if default else 'required'} |")
    lines += ["", "## Outputs", "", "| name | what |", "|---|---|"]
    for name, body in sorted(outputs):
        described = attribute(body, "description")[1:-1].replace("|", "\\|").replace('\\"', '"')
        lines.append(f"| {name} | {described} |")
    return "\n".join(lines)


def current(readme, folder):
    text = readme.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{tables(folder)}\n{END}{after}"


def main():
    old = []
    for variables in sorted(HERE.glob("**/variables.tf")):
        folder = variables.parent
        if ".terraform" in folder.parts or ".terragrunt-cache" in folder.parts:
            continue
        readme = folder / "README.md"
        wanted = current(readme, folder)
        if wanted != readme.read_text():
            old.append(readme.relative_to(HERE))
            if "--check" not in sys.argv:
                readme.write_text(wanted)
    if "--check" in sys.argv and old:
        sys.exit(f"old: {', '.join(map(str, old))}: run infra/terraform/readme.py")


if __name__ == "__main__":
    main()
