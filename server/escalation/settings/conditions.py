"""Conditions: small boolean expressions in settings and rules, such as
``priority in ("high", "critical") and lines_changed > 50``.

They say when a rule of validation is met (`[[rules]]` in the settings, `decision.validation`). Only names, constants,
comparisons, `and`, `or`, `not`, `in`, tuples and lists are understood. Nothing is called, no attribute is read: an
expression in a repository's file can never run code.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any

_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}


class ConditionError(ValueError):
    """The expression is not understood; the message says what and where."""


def holds(expression: str, names: Mapping[str, object]) -> bool:
    """Whether an expression is true of `names`. Raises ConditionError."""
    try:
        return bool(_value(_parsed(expression), names))
    except TypeError as error:
        raise ConditionError(f"`{expression}`: {error}") from None


def check(expression: str, names: Collection[str]) -> None:
    """Whether an expression could be true of something that has these names. Raises ConditionError if not."""
    nodes = [_parsed(expression)]
    while nodes:
        node = nodes.pop()
        match node:
            case ast.Constant():
                pass
            case ast.Name(id=name):
                _known(name, names)
            case ast.Tuple(elts=items) | ast.List(elts=items):
                nodes += items
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                nodes.append(operand)
            case ast.BoolOp(values=values):
                nodes += values
            case ast.Compare(left=left, ops=ops, comparators=others):
                _comparable(ops)
                nodes += (left, *others)
            case _:
                raise _refused(node)


@lru_cache(maxsize=256)
def _parsed(expression: str) -> ast.expr:
    try:
        return ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ConditionError(f"`{expression}` is not an expression") from None


def _value(node: ast.expr, names: Mapping[str, object]) -> Any:  # noqa: ANN401 - whatever the names hold
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            _known(name, names)
            return names[name]
        case ast.Tuple(elts=items) | ast.List(elts=items):
            return tuple(_value(item, names) for item in items)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _value(operand, names)
        case ast.BoolOp(op=op, values=values):
            results = (bool(_value(value, names)) for value in values)
            return all(results) if isinstance(op, ast.And) else any(results)
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            return _compared(_value(left, names), ops, comparators, names)
    raise _refused(node)


def _refused(node: ast.expr) -> ConditionError:
    return ConditionError(f"`{ast.unparse(node)}` is not allowed in a condition")


def _known(name: str, names: Collection[str]) -> None:
    if name not in names:
        raise ConditionError(f"unknown name `{name}`; known are {', '.join(sorted(names))}")


def _comparable(ops: list[ast.cmpop]) -> None:
    if any(type(op) not in _COMPARE for op in ops):
        raise ConditionError("`is` is not allowed in a condition; use `==`")


def _compared(left: Any, ops: list[ast.cmpop], others: list[ast.expr], names: Mapping[str, object]) -> bool:  # noqa: ANN401
    _comparable(ops)
    for op, other in zip(ops, others, strict=True):
        right = _value(other, names)
        if not _COMPARE[type(op)](left, right):
            return False
        left = right
    return True
