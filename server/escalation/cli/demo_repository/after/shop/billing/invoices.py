"""Invoices and what customers owe."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True)
class Line:
    unit_price: Decimal
    quantity: int
    tax_rate: Decimal
    discount: Decimal = Decimal(0)


def invoice_total(lines: list[Line], *, refund: bool = False) -> Decimal:
    total = Decimal(0)
    for line in lines:
        net_price = line.unit_price * line.quantity - line.discount
        total += net_price * (1 + line.tax_rate)
    total = total.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return -total if refund else total
