"""How the tables came to be what they are. Alembic runs these modules; nothing imports them."""
