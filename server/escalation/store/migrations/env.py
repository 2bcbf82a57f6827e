"""What Alembic runs to run migrations: in the transaction that `store.schema` has opened."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
context.run_migrations()
