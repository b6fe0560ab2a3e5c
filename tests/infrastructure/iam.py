"""What a policy allows, by the rules of IAM: nothing by default, plus what a statement allows, unless another denies it.

It covers the policies here: their actions, resources and conditions. An unknown operator is an error,
not a "yes".
"""

import fnmatch
import re


def _list(value):
    return value if isinstance(value, list) else [value]


def _like(pattern, text):
    # fnmatch interprets sets in brackets, which IAM does not.
    return fnmatch.fnmatchcase(text, re.sub(r"([\[\]])", r"[\1]", pattern))


def _fits(condition, context):
    for operator, wanted in condition.items():
        for key, values in wanted.items():
            got = context.get(key)
            values = [value for value in _list(values) if value is not None]
            if operator == "StringEquals":
                fits = got in values
            elif operator in ("StringLike", "ArnLike"):
                fits = got is not None and any(_like(value, got) for value in values)
            elif operator == "StringNotEquals":
                fits = got not in values
            elif operator in ("ArnEquals", "Bool"):
                fits = got in values
            else:
                raise ValueError(f"a condition {operator} is not understood")
            if not fits:
                return False
    return True


def _about(statement, action, resource, context):
    if "Action" in statement:
        named = any(_like(each.lower(), action.lower()) for each in _list(statement["Action"]))
    else:
        named = not any(_like(each.lower(), action.lower()) for each in _list(statement["NotAction"]))
    resources = _list(statement.get("Resource", "*"))
    return named and any(_like(each, resource) for each in resources) and _fits(statement.get("Condition", {}), context)


def allows(policy, action, resource="*", **context):
    """Whether a policy (or a list of them) allows an action on an ARN; `context` has the condition keys, with `__` for `:`."""
    keys = {key.replace("__", ":"): value for key, value in context.items()}
    statements = [statement for each in _list(policy) for statement in _list(each["Statement"])]
    about = [statement for statement in statements if _about(statement, action, resource, keys)]
    return bool(about) and all(statement["Effect"] == "Allow" for statement in about)


def trusts(policy, claims, issuer="token.actions.githubusercontent.com"):
    """Whether a role's trust policy accepts a web identity token with those claims."""
    context = {f"{issuer}:{claim}": value for claim, value in claims.items()}
    return any(
        statement["Effect"] == "Allow" and "sts:AssumeRoleWithWebIdentity" in _list(statement["Action"]) and _fits(statement.get("Condition", {}), context)
        for statement in _list(policy["Statement"])
    )
