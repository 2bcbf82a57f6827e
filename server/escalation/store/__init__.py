"""What the host keeps: tables, records, and the way between them."""
