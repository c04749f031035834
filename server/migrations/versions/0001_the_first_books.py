"""The first books"""

import sqlalchemy as sa
from alembic import op

import server.types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""

    op.create_table(
        "anomaly",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("happened_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("code", "subject"),
    )
    with op.batch_alter_table("anomaly", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_anomaly_happened_at"), ["happened_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_anomaly_site"), ["site"], unique=False)

    op.create_table(
        "audit",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_who"), ["who"], unique=False)

    op.create_table(
        "box",
        sa.Column("box", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("token_sha256", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("box"),
    )
    with op.batch_alter_table("box", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_box_site"), ["site"], unique=False)

    op.create_table(
        "box_now",
        sa.Column("box", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("boot", sa.String(), nullable=False),
        sa.Column("monotonic_ms", sa.BigInteger(), nullable=False),
        sa.Column("heard_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("journal", sa.String(), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.Column("waiting", sa.BigInteger(), nullable=False),
        sa.Column("lease_number", sa.BigInteger(), nullable=False),
        sa.Column("delta_number", sa.BigInteger(), nullable=False),
        sa.Column("reader", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("clock_quality", sa.String(), nullable=False),
        sa.Column("clock_offset_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("box"),
    )
    op.create_table(
        "charge",
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("tariff", sa.String(), nullable=False),
        sa.Column("vehicle_class", sa.String(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("vat", sa.Integer(), nullable=False),
        sa.Column("lines", sa.String(), nullable=False),
        sa.Column("happened_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("visit"),
    )
    with op.batch_alter_table("charge", schema=None) as batch_op:
        batch_op.create_index("charge_of_day", ["site", "happened_at"], unique=False)

    op.create_table(
        "command",
        sa.Column("command", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("box", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("visit", sa.String(), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("issued_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("command"),
    )
    op.create_table(
        "entry",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("happened_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_entry_site"), ["site"], unique=False)
        batch_op.create_index(batch_op.f("ix_entry_visit"), ["visit"], unique=False)

    op.create_table(
        "event",
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("box", sa.String(), nullable=False),
        sa.Column("journal", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("boot", sa.String(), nullable=False),
        sa.Column("monotonic_ms", sa.BigInteger(), nullable=False),
        sa.Column("happened_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("clock_offset_ms", sa.BigInteger(), nullable=True),
        sa.Column("clock_quality", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("message_id"),
        sa.UniqueConstraint("box", "journal", "sequence"),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_happened_at"), ["happened_at"], unique=False)

    op.create_table(
        "explained",
        sa.Column("passage", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("approach", sa.String(), nullable=False),
        sa.Column("happened_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("passage"),
    )
    with op.batch_alter_table("explained", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_explained_visit"), ["visit"], unique=False)

    op.create_table(
        "finding",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("visit", sa.String(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("due", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("opened_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closed_at", server.types.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("code", "subject"),
    )
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.create_index("finding_open", ["site", "closed_at"], unique=False)

    op.create_table(
        "job_lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("until", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "job_run",
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("ran_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("job", "period"),
    )
    op.create_table(
        "journal_mark",
        sa.Column("box", sa.String(), nullable=False),
        sa.Column("journal", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("box", "journal"),
    )
    op.create_table(
        "lane_now",
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("box", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("arm", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("sensors", sa.String(), nullable=False),
        sa.Column("approach", sa.String(), nullable=True),
        sa.Column("visit", sa.String(), nullable=True),
        sa.Column("wants", sa.String(), nullable=True),
        sa.Column("wants_approach", sa.String(), nullable=True),
        sa.Column("wants_since", server.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("candidates", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_reason", sa.String(), nullable=True),
        sa.Column("price", sa.Integer(), nullable=True),
        sa.Column("updated_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("site", "lane"),
    )
    op.create_table(
        "lease",
        sa.Column("box", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("delta", sa.Integer(), nullable=False),
        sa.Column("expires_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("terms", sa.String(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("box"),
    )
    op.create_table(
        "listing",
        sa.Column("entry", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.Column("standing", sa.String(), nullable=False),
        sa.Column("vehicle_class", sa.String(), nullable=True),
        sa.Column("since", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("until", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("listed_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("entry"),
    )
    with op.batch_alter_table("listing", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_listing_until"), ["until"], unique=False)
        batch_op.create_index("listing_change", ["site", "change"], unique=True)

    op.create_table(
        "listing_ended",
        sa.Column("entry", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("ended_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("entry"),
    )
    with op.batch_alter_table("listing_ended", schema=None) as batch_op:
        batch_op.create_index("listing_ended_change", ["site", "change"], unique=True)

    op.create_table(
        "listing_use",
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("entry", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("happened_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("message_id"),
    )
    with op.batch_alter_table("listing_use", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_listing_use_entry"), ["entry"], unique=False)

    op.create_table(
        "notice",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("received_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("headers", sa.String(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("provider", "provider_id"),
    )
    op.create_table(
        "opening",
        sa.Column("opening", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("visit", sa.String(), nullable=True),
        sa.Column("approach", sa.String(), nullable=True),
        sa.Column("command", sa.String(), nullable=True),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("happened_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("opening"),
    )
    with op.batch_alter_table("opening", schema=None) as batch_op:
        batch_op.create_index("opening_of_day", ["site", "happened_at"], unique=False)

    op.create_table(
        "passage",
        sa.Column("passage", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("visit", sa.String(), nullable=True),
        sa.Column("opening", sa.String(), nullable=True),
        sa.Column("tailgate", sa.Boolean(), nullable=False),
        sa.Column("happened_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("journal", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("passage"),
    )
    with op.batch_alter_table("passage", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_passage_visit"), ["visit"], unique=False)
        batch_op.create_index("passage_of_day", ["site", "happened_at"], unique=False)

    op.create_table(
        "payment",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("bank_reference", sa.String(), nullable=False),
        sa.Column("happened_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("received_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("provider", "provider_id"),
    )
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_reference"), ["reference"], unique=False)
        batch_op.create_index("payment_of_day", ["site", "received_at"], unique=False)

    op.create_table(
        "reply",
        sa.Column("command", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("position", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("recorded_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("command"),
    )
    op.create_table(
        "session",
        sa.Column("token_sha256", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("csrf", sa.String(), nullable=False),
        sa.Column("created_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_sha256"),
    )
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_session_name"), ["name"], unique=False)

    op.create_table(
        "site",
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("name_vi", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("bank", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("account_name", sa.String(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("unpaid", sa.String(), nullable=False),
        sa.Column("patience_s", sa.Integer(), nullable=False),
        sa.Column("pass_when_full", sa.Boolean(), nullable=False),
        sa.Column("expired", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("site"),
    )
    op.create_table(
        "tariff",
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("since", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("until", server.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("body", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("site", "code"),
    )
    op.create_table(
        "user_account",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("password", sa.String(), nullable=False),
        sa.Column("created_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "vault_listing",
        sa.Column("entry", sa.String(), nullable=False),
        sa.Column("plate", sa.String(), nullable=False),
        sa.Column("tag", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("entry"),
    )
    op.create_table(
        "vault_parked",
        sa.Column("box", sa.String(), nullable=False),
        sa.Column("journal", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("arrived_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("box", "journal", "sequence"),
    )
    op.create_table(
        "vault_picture",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("box", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("arrived_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_table(
        "vault_read",
        sa.Column("approach", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("visit", sa.String(), nullable=True),
        sa.Column("plate", sa.String(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("characters", sa.String(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("colour", sa.String(), nullable=False),
        sa.Column("vehicle_class", sa.String(), nullable=True),
        sa.Column("picture", sa.String(), nullable=True),
        sa.Column("engine", sa.String(), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("happened_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("approach"),
    )
    with op.batch_alter_table("vault_read", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_vault_read_picture"), ["picture"], unique=False)
        batch_op.create_index(batch_op.f("ix_vault_read_plate"), ["plate"], unique=False)
        batch_op.create_index(batch_op.f("ix_vault_read_visit"), ["visit"], unique=False)

    op.create_table(
        "visit",
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("vehicle_class", sa.String(), nullable=False),
        sa.Column("read", sa.Boolean(), nullable=False),
        sa.Column("entry_lane", sa.String(), nullable=False),
        sa.Column("entry_approach", sa.String(), nullable=False),
        sa.Column("opened_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("entered_at", server.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("entry_passage", sa.String(), nullable=True),
        sa.Column("exit_lane", sa.String(), nullable=True),
        sa.Column("exit_approach", sa.String(), nullable=True),
        sa.Column("matched_by", sa.String(), nullable=True),
        sa.Column("match_probability", sa.Float(), nullable=True),
        sa.Column("quoted", sa.Integer(), nullable=True),
        sa.Column("quoted_vat", sa.Integer(), nullable=True),
        sa.Column("quoted_tariff", sa.String(), nullable=True),
        sa.Column("quoted_lines", sa.String(), nullable=True),
        sa.Column("recomputed", sa.Integer(), nullable=True),
        sa.Column("payload", sa.String(), nullable=True),
        sa.Column("left_at", server.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("exit_passage", sa.String(), nullable=True),
        sa.Column("voided", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("visit"),
    )
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.create_index("visit_of_day", ["site", "opened_at"], unique=False)
        batch_op.create_index("visit_open", ["site", "left_at"], unique=False)

    op.create_table(
        "posting",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["key"],
            ["entry.key"],
        ),
        sa.PrimaryKeyConstraint("key", "line"),
    )
    with op.batch_alter_table("posting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_posting_account"), ["account"], unique=False)


def downgrade() -> None:
    """Back to the version before."""

    with op.batch_alter_table("posting", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_posting_account"))

    op.drop_table("posting")
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.drop_index("visit_open")
        batch_op.drop_index("visit_of_day")

    op.drop_table("visit")
    with op.batch_alter_table("vault_read", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_vault_read_visit"))
        batch_op.drop_index(batch_op.f("ix_vault_read_plate"))
        batch_op.drop_index(batch_op.f("ix_vault_read_picture"))

    op.drop_table("vault_read")
    op.drop_table("vault_picture")
    op.drop_table("vault_parked")
    op.drop_table("vault_listing")
    op.drop_table("user_account")
    op.drop_table("tariff")
    op.drop_table("site")
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_session_name"))

    op.drop_table("session")
    op.drop_table("reply")
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.drop_index("payment_of_day")
        batch_op.drop_index(batch_op.f("ix_payment_reference"))

    op.drop_table("payment")
    with op.batch_alter_table("passage", schema=None) as batch_op:
        batch_op.drop_index("passage_of_day")
        batch_op.drop_index(batch_op.f("ix_passage_visit"))

    op.drop_table("passage")
    with op.batch_alter_table("opening", schema=None) as batch_op:
        batch_op.drop_index("opening_of_day")

    op.drop_table("opening")
    op.drop_table("notice")
    with op.batch_alter_table("listing_use", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_listing_use_entry"))

    op.drop_table("listing_use")
    with op.batch_alter_table("listing_ended", schema=None) as batch_op:
        batch_op.drop_index("listing_ended_change")

    op.drop_table("listing_ended")
    with op.batch_alter_table("listing", schema=None) as batch_op:
        batch_op.drop_index("listing_change")
        batch_op.drop_index(batch_op.f("ix_listing_until"))

    op.drop_table("listing")
    op.drop_table("lease")
    op.drop_table("lane_now")
    op.drop_table("journal_mark")
    op.drop_table("job_run")
    op.drop_table("job_lease")
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.drop_index("finding_open")

    op.drop_table("finding")
    with op.batch_alter_table("explained", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_explained_visit"))

    op.drop_table("explained")
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_event_happened_at"))

    op.drop_table("event")
    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_entry_visit"))
        batch_op.drop_index(batch_op.f("ix_entry_site"))

    op.drop_table("entry")
    op.drop_table("command")
    with op.batch_alter_table("charge", schema=None) as batch_op:
        batch_op.drop_index("charge_of_day")

    op.drop_table("charge")
    op.drop_table("box_now")
    with op.batch_alter_table("box", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_box_site"))

    op.drop_table("box")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_who"))

    op.drop_table("audit")
    with op.batch_alter_table("anomaly", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_anomaly_site"))
        batch_op.drop_index(batch_op.f("ix_anomaly_happened_at"))

    op.drop_table("anomaly")
