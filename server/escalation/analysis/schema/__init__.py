"""What a change does to the shape of stored and exchanged data: migrations, DDL, ORM models, messages."""
