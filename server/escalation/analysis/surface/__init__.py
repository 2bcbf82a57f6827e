"""What a change does to what others call: exported symbols, signatures, routes."""
