"""Invoices and what customers owe."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Line:
    unit_price: Decimal
    quantity: int
    tax_rate: Decimal


def invoice_total(lines: list[Line]) -> Decimal:
    return sum((line.unit_price * line.quantity for line in lines), Decimal(0))
