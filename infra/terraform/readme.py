#!/usr/bin/env python3
"""Generates the tables of inputs and outputs in each module's README from its variables.tf and outputs.tf.

    infra/terraform/readme.py            write the tables
    infra/terraform/readme.py --check    list outdated READMEs and exit with 1

The tables are between the markers of terraform-docs, so `terraform-docs markdown table --output-file README.md` can
replace this script where it is installed.
"""

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
BEGIN, END = "<!-- BEGIN_TF_DOCS -->", "<!-- END_TF_DOCS -->"


def blocks(text, kind):
    """Returns (name, body) of every top-level block of a kind. `terraform fmt` puts their closing brace in column one."""
    return re.findall(rf'^{kind} "([^"]+)" {{\n(.*?)^}}', text, re.M | re.S)


def attribute(body, name):
    """Returns the text of an attribute, including further lines until its brackets are closed."""
    match = re.search(rf"^  {name} += (.*)", body, re.M)
    if not match:
        return None
    text = match[1]
    rest = body[match.end() :].splitlines()[1:]
    while rest and sum(text.count(bracket) for bracket in "([{") > sum(text.count(bracket) for bracket in ")]}"):
        text += "\n" + rest.pop(0)
    return text


def code(text):
    """Returns an expression as inline code on one line."""
    one_line = re.sub(r"([({\[])\n\s*", r"\1 ", text)
    one_line = re.sub(r"\n\s*([)}\]])", r" \1", one_line)
    return "`" + re.sub(r" +", " ", re.sub(r",?\n\s*", ", ", one_line)).replace("|", "\\|") + "`"


def description(body):
    return attribute(body, "description")[1:-1].replace("|", "\\|").replace('\\"', '"')


def tables(folder):
    inputs = blocks((folder / "variables.tf").read_text(), "variable")
    outputs = blocks((folder / "outputs.tf").read_text(), "output")
    lines = ["## Inputs", "", "| name | description | type | default |", "|---|---|---|---|"]
    for name, body in sorted(inputs):
        value_type = attribute(body, "type")
        if value_type.count("\n") > 6:
            value_type = re.sub(r"^(\w+)\(object\(.*", r"\1(object)", value_type, flags=re.S)
        default = attribute(body, "default")
        lines.append(f"| {name} | {description(body)} | {code(value_type)} | {code(default) if default else 'required'} |")
    lines += ["", "## Outputs", "", "| name | description |", "|---|---|"]
    for name, body in sorted(outputs):
        lines.append(f"| {name} | {description(body)} |")
    return "\n".join(lines)


def updated_readme(readme, folder):
    text = readme.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{tables(folder)}\n{END}{after}"


def main():
    outdated = []
    for variables in sorted(HERE.glob("**/variables.tf")):
        folder = variables.parent
        if ".terraform" in folder.parts or ".terragrunt-cache" in folder.parts:
            continue
        readme = folder / "README.md"
        updated = updated_readme(readme, folder)
        if updated != readme.read_text():
            outdated.append(readme.relative_to(HERE))
            if "--check" not in sys.argv:
                readme.write_text(updated)
    if "--check" in sys.argv and outdated:
        sys.exit(f"outdated: {', '.join(map(str, outdated))}: run infra/terraform/readme.py")


if __name__ == "__main__":
    main()
