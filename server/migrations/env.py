"""Alembic's entry: runs on the connection that `server.db.migrate` hands over."""

from alembic import context
from sqlmodel import SQLModel

import server.derived
import server.facts
import server.facts_bank
import server.facts_day
import server.facts_events
import server.facts_forms
import server.facts_money
import server.facts_people
import server.facts_stays
import server.facts_visits
import server.listings
import server.plate_parts
import server.register
import server.register_tariffs
import server.vault
import server.vault_accounts
import server.vault_plates  # noqa: F401 - together they hold all tables

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
