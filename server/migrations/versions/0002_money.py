"""money"""

from typing import Any

import sqlalchemy as sa
from alembic import op

import server.types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""

    op.create_table(
        "approval",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("agrees", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject"),
    )
    op.create_table(
        "bank_explanation",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    with op.batch_alter_table("bank_explanation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bank_explanation_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_bank_explanation_subject"), ["subject"], unique=False)

    op.create_table(
        "bank_line",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("statement", sa.String(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("bank_reference", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("fee", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    with op.batch_alter_table("bank_line", schema=None) as batch_op:
        batch_op.create_index("bank_line_of_day", ["account", "booked_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_bank_line_bank_reference"), ["bank_reference"], unique=False)
        batch_op.create_index(batch_op.f("ix_bank_line_recorded_at"), ["recorded_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_bank_line_site"), ["site"], unique=False)

    op.create_table(
        "bank_proof",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject"),
    )
    with op.batch_alter_table("bank_proof", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bank_proof_digest"), ["digest"], unique=False)

    op.create_table(
        "bank_twin",
        sa.Column("payment", sa.String(), nullable=False),
        sa.Column("notice", sa.String(), nullable=False),
        sa.Column("at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("payment"),
        sa.UniqueConstraint("notice"),
    )
    op.create_table(
        "box_write_off",
        sa.Column("box", sa.String(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("box", "on"),
    )
    op.create_table(
        "candidates_shown",
        sa.Column("shown", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("candidates", sa.String(), nullable=False),
        sa.Column("shown_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shown"),
    )
    with op.batch_alter_table("candidates_shown", schema=None) as batch_op:
        batch_op.create_index("candidates_shown_for", ["subject", "by"], unique=False)

    op.create_table(
        "cash_receipt",
        sa.Column("shift", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shift", "number"),
    )
    with op.batch_alter_table("cash_receipt", schema=None) as batch_op:
        batch_op.create_index("receipt_of_day", ["site", "at"], unique=False)

    op.create_table(
        "claim",
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("shift", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("made_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("visit"),
    )
    with op.batch_alter_table("claim", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claim_site"), ["site"], unique=False)

    op.create_table(
        "correction",
        sa.Column("passage", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("approach", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("left_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("tariff", sa.String(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("vat", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("made_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("passage"),
    )
    with op.batch_alter_table("correction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_correction_site"), ["site"], unique=False)
        batch_op.create_index(batch_op.f("ix_correction_visit"), ["visit"], unique=False)

    op.create_table(
        "day_close",
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("closed_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("site", "on"),
    )
    op.create_table(
        "day_frozen",
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("site", "on", "part"),
    )
    op.create_table(
        "decision",
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("payment", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("to_visit", sa.String(), nullable=False),
        sa.Column("undoes", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("made_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("decision"),
    )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.create_index("decision_at", ["site", "made_at", "decision"], unique=False)
        batch_op.create_index("decision_made", ["made_at", "decision"], unique=False)
        batch_op.create_index("decision_of_payment", ["payment"], unique=False)
        batch_op.create_index("decision_of_person", ["by", "made_at", "decision"], unique=False)
        batch_op.create_index("decision_of_visit", ["visit"], unique=False)

    op.create_table(
        "decision_word",
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("agrees", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("decision", "by"),
    )
    with op.batch_alter_table("decision_word", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_decision_word_site"), ["site"], unique=False)

    op.create_table(
        "deposit",
        sa.Column("deposit", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("shift", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("made_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("deposit"),
    )
    with op.batch_alter_table("deposit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deposit_site"), ["site"], unique=False)

    op.create_table(
        "finding_work",
        sa.Column("work", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("work"),
        sa.UniqueConstraint("subject", "code", "number"),
    )
    with op.batch_alter_table("finding_work", schema=None) as batch_op:
        batch_op.create_index("work_of_day", ["site", "at"], unique=False)

    op.create_table(
        "form_sent",
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("by", "token"),
    )
    with op.batch_alter_table("form_sent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_form_sent_at"), ["at"], unique=False)

    op.create_table(
        "hand_over",
        sa.Column("shift", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("to", sa.String(), nullable=False),
        sa.Column("expected_cash", sa.BigInteger(), nullable=False),
        sa.Column("counted_cash", sa.BigInteger(), nullable=False),
        sa.Column("left_cash", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("ended_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shift"),
    )
    with op.batch_alter_table("hand_over", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hand_over_site"), ["site"], unique=False)

    op.create_table(
        "in_clearing",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("provider", "provider_id"),
    )
    with op.batch_alter_table("in_clearing", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_in_clearing_site"), ["site"], unique=False)

    op.create_table(
        "inside",
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("approach", sa.String(), nullable=False),
        sa.Column("vehicle_class", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("since", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("taken_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("visit"),
        sa.UniqueConstraint("site", "sha256", "line"),
    )
    with op.batch_alter_table("inside", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inside_site"), ["site"], unique=False)

    op.create_table(
        "inside_file",
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("vehicles", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("taken_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("site", "sha256"),
    )
    op.create_table(
        "lost_entry",
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("approach", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("vehicle_class", sa.String(), nullable=False),
        sa.Column("tariff", sa.String(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("vat", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.String(), nullable=False),
        sa.Column("payload", sa.String(), nullable=False),
        sa.Column("shown", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("came_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("visit"),
        sa.UniqueConstraint("approach"),
    )
    with op.batch_alter_table("lost_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lost_entry_site"), ["site"], unique=False)

    op.create_table(
        "occupancy_anchor",
        sa.Column("anchor", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("off", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("anchor"),
    )
    with op.batch_alter_table("occupancy_anchor", schema=None) as batch_op:
        batch_op.create_index("anchor_of_site", ["site", "at"], unique=False)

    op.create_table(
        "pairing",
        sa.Column("passage", sa.String(), nullable=False),
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("approach", sa.String(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("margin", sa.Float(), nullable=False),
        sa.Column("difference", sa.BigInteger(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("proposed_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("passage", "visit"),
    )
    with op.batch_alter_table("pairing", schema=None) as batch_op:
        batch_op.create_index("pairing_of_site", ["site", "proposed_at"], unique=False)

    op.create_table(
        "pairing_word",
        sa.Column("passage", sa.String(), nullable=False),
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("passage", "visit"),
    )
    with op.batch_alter_table("pairing_word", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pairing_word_site"), ["site"], unique=False)

    op.create_table(
        "pay_account",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("provider", "account", "site"),
    )
    op.create_table(
        "pay_order",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("created_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("order"),
    )
    with op.batch_alter_table("pay_order", schema=None) as batch_op:
        batch_op.create_index("order_made", ["site", "created_at"], unique=False)
        batch_op.create_index("order_of_visit", ["visit"], unique=False)

    op.create_table(
        "pay_order_answer",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("received_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("transaction", sa.String(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("order", "about", "received_at", "sha256"),
    )
    op.create_table(
        "pay_order_asked",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("order", "about", "at"),
    )
    op.create_table(
        "planned_event",
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("since", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("until", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("tariff", sa.String(), nullable=False),
        sa.Column("lanes", sa.String(), nullable=False),
        sa.Column("staff", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("made_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("event"),
    )
    with op.batch_alter_table("planned_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_planned_event_until"), ["until"], unique=False)
        batch_op.create_index("planned_event_when", ["site", "since", "event"], unique=True)

    op.create_table(
        "planned_event_step",
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("event", "lane", "step"),
    )
    op.create_table(
        "planned_event_undone",
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("event"),
    )
    op.create_table(
        "plate_part",
        sa.Column("part", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("plate", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("part", "plate"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "provider_contract",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("instrument", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("rate_bp", sa.Integer(), nullable=False),
        sa.Column("fixed", sa.BigInteger(), nullable=False),
        sa.Column("vat_bp", sa.Integer(), nullable=False),
        sa.Column("rounding", sa.String(), nullable=False),
        sa.Column("payout_account", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("entered_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("provider", "instrument", "since"),
    )
    op.create_table(
        "refund",
        sa.Column("refund", sa.String(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("payment", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("made_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("refund"),
        sa.UniqueConstraint("decision"),
    )
    with op.batch_alter_table("refund", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_refund_site"), ["site"], unique=False)

    op.create_table(
        "refund_sent",
        sa.Column("refund", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("proof", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("happened_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("refund"),
    )
    with op.batch_alter_table("refund_sent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_refund_sent_site"), ["site"], unique=False)

    op.create_table(
        "settlement_line",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("provider_ref", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("statement", sa.String(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("settlement_id", sa.String(), nullable=False),
        sa.Column("session_date", sa.Date(), nullable=False),
        sa.Column("txn_time", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("merchant_ref", sa.String(), nullable=False),
        sa.Column("bank_ref", sa.String(), nullable=False),
        sa.Column("gross", sa.BigInteger(), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.Column("fee_vat", sa.BigInteger(), nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("site_code", sa.String(), nullable=False),
        sa.Column("terminal_code", sa.String(), nullable=False),
        sa.Column("payer_instrument", sa.String(), nullable=False),
        sa.Column("raw_line", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("fee_off", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("provider", "provider_ref", "kind"),
    )
    with op.batch_alter_table("settlement_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_settlement_line_recorded_at"), ["recorded_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_settlement_line_settlement_id"), ["settlement_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_settlement_line_site"), ["site"], unique=False)
        batch_op.create_index(
            "settlement_fee_off",
            ["site"],
            unique=False,
            sqlite_where=sa.text("fee_off <> 0"),
            postgresql_where=sa.text("fee_off <> 0"),
        )
        batch_op.create_index("settlement_of_day", ["provider", "session_date"], unique=False)
        batch_op.create_index("settlement_of_order", ["merchant_ref"], unique=False)

    op.create_table(
        "shift",
        sa.Column("shift", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("opening_cash", sa.BigInteger(), nullable=False),
        sa.Column("began_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shift"),
    )
    with op.batch_alter_table("shift", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shift_site"), ["site"], unique=False)

    op.create_table(
        "slip",
        sa.Column("payment", sa.String(), nullable=False),
        sa.Column("piece", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("payment", "piece"),
    )
    op.create_table(
        "statement",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("mapping", sa.String(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("opening", sa.BigInteger(), nullable=True),
        sa.Column("closing", sa.BigInteger(), nullable=True),
        sa.Column("imported_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
    )
    with op.batch_alter_table("statement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_statement_site"), ["site"], unique=False)
        batch_op.create_index(batch_op.f("ix_statement_source"), ["source"], unique=False)

    op.create_table(
        "stay_change",
        sa.Column("change", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("other", sa.String(), nullable=False),
        sa.Column("tariff", sa.String(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("vat", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("made_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("change"),
    )
    with op.batch_alter_table("stay_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stay_change_other"), ["other"], unique=False)
        batch_op.create_index(batch_op.f("ix_stay_change_visit"), ["visit"], unique=False)
        batch_op.create_index("stay_change_of_site", ["site", "made_at"], unique=False)

    op.create_table(
        "stay_money",
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("charged", sa.BigInteger(), nullable=True),
        sa.Column("charged_at", server.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("owed", sa.BigInteger(), nullable=False),
        sa.Column("odd", sa.Boolean(), nullable=False),
        sa.Column("paid_at", server.types.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("visit"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "supplement",
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("tariff", sa.String(), nullable=False),
        sa.Column("vehicle_class", sa.String(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("vat", sa.Integer(), nullable=False),
        sa.Column("lines", sa.String(), nullable=False),
        sa.Column("quote", sa.String(), nullable=False),
        sa.Column("happened_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("visit", "number"),
    )
    with op.batch_alter_table("supplement", schema=None) as batch_op:
        batch_op.create_index("supplement_of_day", ["site", "happened_at"], unique=False)

    op.create_table(
        "taken_back",
        sa.Column("payment", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("happened_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("payment", "kind"),
    )
    with op.batch_alter_table("taken_back", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_taken_back_site"), ["site"], unique=False)

    op.create_table(
        "tariff_draft",
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("made_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("site", "code", "revision"),
    )
    op.create_table(
        "tariff_withdrawal",
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("site", "code"),
    )
    op.create_table(
        "transfer",
        sa.Column("refund", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("refund"),
    )
    with op.batch_alter_table("transfer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_transfer_file"), ["file"], unique=False)

    op.create_table(
        "transfer_file",
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("refunds", sa.String(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("made_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("file"),
    )
    op.create_table(
        "user_site",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", "site"),
    )
    op.create_table(
        "vault_account",
        sa.Column("refund", sa.String(), nullable=False),
        sa.Column("token_sha256", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("bank", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("asked_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("given_at", server.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("given_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("refund"),
        sa.UniqueConstraint("token_sha256"),
    )
    op.create_table(
        "vault_account_change",
        sa.Column("refund", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("was_bank", sa.String(), nullable=False),
        sa.Column("was_account", sa.String(), nullable=False),
        sa.Column("was_name", sa.String(), nullable=False),
        sa.Column("was_by", sa.String(), nullable=False),
        sa.Column("bank", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("link_by", sa.String(), nullable=False),
        sa.Column("asked_at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("word_by", sa.String(), nullable=False),
        sa.Column("agrees", sa.Boolean(), nullable=False),
        sa.Column("word_at", server.types.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("refund", "number"),
    )
    op.create_table(
        "vault_plate",
        sa.Column("approach", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("plate", sa.String(), nullable=False),
        sa.Column("was", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at", server.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("approach", "number"),
    )
    with op.batch_alter_table("vault_plate", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_vault_plate_plate"), ["plate"], unique=False)
        batch_op.create_index(batch_op.f("ix_vault_plate_site"), ["site"], unique=False)

    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.add_column(sa.Column("site", sa.String(), nullable=False, server_default=""))
        batch_op.drop_index(batch_op.f("ix_audit_who"))
        batch_op.create_index("audit_about", ["subject", "id"], unique=False)
        batch_op.create_index("audit_at", ["site", "id"], unique=False)
        batch_op.create_index(
            "audit_looks",
            ["id"],
            unique=False,
            sqlite_where=sa.text(
                "(substr(what, 1, 6) = 'looked' OR what IN ('exported with plates', 'asked for candidates'))"
            ),
            postgresql_where=sa.text(
                "(substr(what, 1, 6) = 'looked' OR what IN ('exported with plates', 'asked for candidates'))"
            ),
        )
        batch_op.create_index(
            "audit_looks_at",
            ["site", "id"],
            unique=False,
            sqlite_where=sa.text(
                "(substr(what, 1, 6) = 'looked' OR what IN ('exported with plates', 'asked for candidates'))"
            ),
            postgresql_where=sa.text(
                "(substr(what, 1, 6) = 'looked' OR what IN ('exported with plates', 'asked for candidates'))"
            ),
        )
        batch_op.create_index(
            "audit_looks_of_person",
            ["who", "id"],
            unique=False,
            sqlite_where=sa.text(
                "(substr(what, 1, 6) = 'looked' OR what IN ('exported with plates', 'asked for candidates'))"
            ),
            postgresql_where=sa.text(
                "(substr(what, 1, 6) = 'looked' OR what IN ('exported with plates', 'asked for candidates'))"
            ),
        )
        batch_op.create_index("audit_of_person", ["who", "id"], unique=False)
        batch_op.create_index("audit_of_person_at", ["who", "site", "id"], unique=False)

    with op.batch_alter_table("charge", schema=None) as batch_op:
        batch_op.create_index("charge_recorded", ["site", "recorded_at"], unique=False)

    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.add_column(sa.Column("payment", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("party", sa.String(), nullable=False, server_default=""))
        batch_op.drop_index(batch_op.f("ix_entry_site"))
        batch_op.drop_index(batch_op.f("ix_entry_visit"))
        batch_op.create_index("entry_of_day", ["site", "kind", "happened_at"], unique=False)
        batch_op.create_index("entry_of_payment", ["payment", "kind"], unique=False)
        batch_op.create_index("entry_of_visit", ["visit", "kind"], unique=False)
        batch_op.create_index("entry_recorded", ["site", "recorded_at"], unique=False)

    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(
            "event_fault",
            ["box", "happened_at"],
            unique=False,
            sqlite_where=sa.text("kind = 'device_fault'"),
            postgresql_where=sa.text("kind = 'device_fault'"),
        )

    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.add_column(sa.Column("less_money", sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("less_certain", sa.Integer(), nullable=False, server_default="0"))
        batch_op.drop_index(batch_op.f("finding_open"))
        batch_op.create_index(
            "finding_open",
            ["site", "less_money", "less_certain", "due", "code", "subject"],
            unique=False,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.create_index(
            "finding_closed",
            ["site", "closed_at"],
            unique=False,
            sqlite_where=sa.text("closed_at IS NOT NULL"),
            postgresql_where=sa.text("closed_at IS NOT NULL"),
        )

    with op.batch_alter_table("opening", schema=None) as batch_op:
        batch_op.create_index(
            "opening_by_hand",
            ["happened_at", "opening"],
            unique=False,
            sqlite_where=sa.text("reason IN ('person', 'claimed', 'button', 'by_hand', 'fire')"),
            postgresql_where=sa.text("reason IN ('person', 'claimed', 'button', 'by_hand', 'fire')"),
        )
        batch_op.create_index(
            "opening_by_hand_at",
            ["site", "happened_at", "opening"],
            unique=False,
            sqlite_where=sa.text("reason IN ('person', 'claimed', 'button', 'by_hand', 'fire')"),
            postgresql_where=sa.text("reason IN ('person', 'claimed', 'button', 'by_hand', 'fire')"),
        )
        batch_op.create_index(
            "opening_by_hand_of_person",
            ["by", "happened_at", "opening"],
            unique=False,
            sqlite_where=sa.text("reason IN ('person', 'claimed', 'button', 'by_hand', 'fire')"),
            postgresql_where=sa.text("reason IN ('person', 'claimed', 'button', 'by_hand', 'fire')"),
        )

    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payment_reference"))
        batch_op.create_index("payment_of_visit", ["reference", "received_at"], unique=False)

    with op.batch_alter_table("posting", schema=None, **_without_rowid()) as batch_op:
        batch_op.add_column(sa.Column("visit", sa.String(), nullable=False, server_default=""))
        batch_op.drop_index(batch_op.f("ix_posting_account"))
        batch_op.create_index("posting_of_visit", ["visit", "account", "amount"], unique=False)
    _fill()

    with op.batch_alter_table("site", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tolerance_vnd", sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("auto_close", sa.Boolean(), nullable=False, server_default=sa.false()))

    with op.batch_alter_table("user_account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("one_time_until", server.types.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("limit_vnd", sa.BigInteger(), nullable=True))

    with op.batch_alter_table("vault_read", schema=None) as batch_op:
        batch_op.add_column(sa.Column("others", sa.String(), nullable=False, server_default=""))
        batch_op.create_index("vault_read_of_lane", ["site", "lane", "happened_at"], unique=False)

    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("visit_of_day"))
        batch_op.create_index("visit_of_day", ["site", "opened_at", "visit"], unique=False)
        batch_op.drop_index(batch_op.f("visit_open"))
        batch_op.create_index("visit_open", ["site", "left_at", "opened_at", "visit"], unique=False)
        batch_op.create_index("visit_entry", ["entry_approach"], unique=False)
        batch_op.create_index("visit_exit", ["exit_approach"], unique=False)
        batch_op.create_index(
            "visit_long",
            ["site", "left_at"],
            unique=False,
            sqlite_where=sa.text("julianday(left_at) - julianday(opened_at) > 0.999"),
            postgresql_where=sa.text("left_at - opened_at > interval '1439 minutes'"),
        )
        batch_op.create_index(
            "visit_voided",
            ["site", "opened_at", "visit"],
            unique=False,
            sqlite_where=sa.text("voided IS 1"),
            postgresql_where=sa.text("voided IS true"),
        )


def downgrade() -> None:
    """Back to the version before."""

    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.drop_index(
            "visit_voided", sqlite_where=sa.text("voided IS 1"), postgresql_where=sa.text("voided IS true")
        )
        batch_op.drop_index(
            "visit_long",
            sqlite_where=sa.text("julianday(left_at) - julianday(opened_at) > 0.999"),
            postgresql_where=sa.text("left_at - opened_at > interval '1439 minutes'"),
        )
        batch_op.drop_index("visit_exit")
        batch_op.drop_index("visit_entry")
        batch_op.drop_index("visit_open")
        batch_op.create_index(batch_op.f("visit_open"), ["site", "left_at"], unique=False)
        batch_op.drop_index("visit_of_day")
        batch_op.create_index(batch_op.f("visit_of_day"), ["site", "opened_at"], unique=False)

    with op.batch_alter_table("vault_read", schema=None) as batch_op:
        batch_op.drop_index("vault_read_of_lane")
        batch_op.drop_column("others")

    with op.batch_alter_table("user_account", schema=None) as batch_op:
        batch_op.drop_column("limit_vnd")
        batch_op.drop_column("one_time_until")

    with op.batch_alter_table("site", schema=None) as batch_op:
        batch_op.drop_column("auto_close")
        batch_op.drop_column("tolerance_vnd")

    with op.batch_alter_table("posting", schema=None) as batch_op:
        batch_op.drop_index("posting_of_visit")
        batch_op.create_index(batch_op.f("ix_posting_account"), ["account"], unique=False)
        batch_op.drop_column("visit")

    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.drop_index("payment_of_visit")
        batch_op.create_index(batch_op.f("ix_payment_reference"), ["reference"], unique=False)

    with op.batch_alter_table("opening", schema=None) as batch_op:
        batch_op.drop_index(
            "opening_by_hand_of_person",
            sqlite_where=sa.text("reason IN ('person', 'claimed', 'button', 'by_hand', 'fire')"),
            postgresql_where=sa.text("reason IN ('person', 'claimed', 'button', 'by_hand', 'fire')"),
        )
        batch_op.drop_index(
            "opening_by_hand_at",
            sqlite_where=sa.text("reason IN ('person', 'claimed', 'button', 'by_hand', 'fire')"),
            postgresql_where=sa.text("reason IN ('person', 'claimed', 'button', 'by_hand', 'fire')"),
        )
        batch_op.drop_index(
            "opening_by_hand",
            sqlite_where=sa.text("reason IN ('person', 'claimed', 'button', 'by_hand', 'fire')"),
            postgresql_where=sa.text("reason IN ('person', 'claimed', 'button', 'by_hand', 'fire')"),
        )

    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.drop_index(
            "finding_closed",
            sqlite_where=sa.text("closed_at IS NOT NULL"),
            postgresql_where=sa.text("closed_at IS NOT NULL"),
        )
        batch_op.drop_index(
            "finding_open", sqlite_where=sa.text("closed_at IS NULL"), postgresql_where=sa.text("closed_at IS NULL")
        )
        batch_op.create_index(batch_op.f("finding_open"), ["site", "closed_at"], unique=False)
        batch_op.drop_column("less_certain")
        batch_op.drop_column("less_money")

    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index(
            "event_fault",
            sqlite_where=sa.text("kind = 'device_fault'"),
            postgresql_where=sa.text("kind = 'device_fault'"),
        )

    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.drop_index("entry_recorded")
        batch_op.drop_index("entry_of_visit")
        batch_op.drop_index("entry_of_payment")
        batch_op.drop_index("entry_of_day")
        batch_op.create_index(batch_op.f("ix_entry_visit"), ["visit"], unique=False)
        batch_op.create_index(batch_op.f("ix_entry_site"), ["site"], unique=False)
        batch_op.drop_column("party")
        batch_op.drop_column("payment")

    with op.batch_alter_table("charge", schema=None) as batch_op:
        batch_op.drop_index("charge_recorded")

    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index("audit_of_person_at")
        batch_op.drop_index("audit_of_person")
        batch_op.drop_index(
            "audit_looks_of_person",
            sqlite_where=sa.text(
                "(substr(what, 1, 6) = 'looked' OR what IN ('exported with plates', 'asked for candidates'))"
            ),
            postgresql_where=sa.text(
                "(substr(what, 1, 6) = 'looked' OR what IN ('exported with plates', 'asked for candidates'))"
            ),
        )
        batch_op.drop_index(
            "audit_looks_at",
            sqlite_where=sa.text(
                "(substr(what, 1, 6) = 'looked' OR what IN ('exported with plates', 'asked for candidates'))"
            ),
            postgresql_where=sa.text(
                "(substr(what, 1, 6) = 'looked' OR what IN ('exported with plates', 'asked for candidates'))"
            ),
        )
        batch_op.drop_index(
            "audit_looks",
            sqlite_where=sa.text(
                "(substr(what, 1, 6) = 'looked' OR what IN ('exported with plates', 'asked for candidates'))"
            ),
            postgresql_where=sa.text(
                "(substr(what, 1, 6) = 'looked' OR what IN ('exported with plates', 'asked for candidates'))"
            ),
        )
        batch_op.drop_index("audit_at")
        batch_op.drop_index("audit_about")
        batch_op.create_index(batch_op.f("ix_audit_who"), ["who"], unique=False)
        batch_op.drop_column("site")

    with op.batch_alter_table("vault_plate", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_vault_plate_site"))
        batch_op.drop_index(batch_op.f("ix_vault_plate_plate"))

    op.drop_table("vault_plate")
    op.drop_table("vault_account_change")
    op.drop_table("vault_account")
    op.drop_table("user_site")
    op.drop_table("transfer_file")
    with op.batch_alter_table("transfer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_transfer_file"))

    op.drop_table("transfer")
    op.drop_table("tariff_withdrawal")
    op.drop_table("tariff_draft")
    with op.batch_alter_table("taken_back", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_taken_back_site"))

    op.drop_table("taken_back")
    with op.batch_alter_table("supplement", schema=None) as batch_op:
        batch_op.drop_index("supplement_of_day")

    op.drop_table("supplement")
    op.drop_table("stay_money")
    with op.batch_alter_table("stay_change", schema=None) as batch_op:
        batch_op.drop_index("stay_change_of_site")
        batch_op.drop_index(batch_op.f("ix_stay_change_visit"))
        batch_op.drop_index(batch_op.f("ix_stay_change_other"))

    op.drop_table("stay_change")
    with op.batch_alter_table("statement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_statement_source"))
        batch_op.drop_index(batch_op.f("ix_statement_site"))

    op.drop_table("statement")
    op.drop_table("slip")
    with op.batch_alter_table("shift", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_shift_site"))

    op.drop_table("shift")
    with op.batch_alter_table("settlement_line", schema=None) as batch_op:
        batch_op.drop_index("settlement_of_order")
        batch_op.drop_index("settlement_of_day")
        batch_op.drop_index(
            "settlement_fee_off", sqlite_where=sa.text("fee_off <> 0"), postgresql_where=sa.text("fee_off <> 0")
        )
        batch_op.drop_index(batch_op.f("ix_settlement_line_site"))
        batch_op.drop_index(batch_op.f("ix_settlement_line_settlement_id"))
        batch_op.drop_index(batch_op.f("ix_settlement_line_recorded_at"))

    op.drop_table("settlement_line")
    with op.batch_alter_table("refund_sent", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_refund_sent_site"))

    op.drop_table("refund_sent")
    with op.batch_alter_table("refund", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_refund_site"))

    op.drop_table("refund")
    op.drop_table("provider_contract")
    op.drop_table("plate_part")
    op.drop_table("planned_event_undone")
    op.drop_table("planned_event_step")
    with op.batch_alter_table("planned_event", schema=None) as batch_op:
        batch_op.drop_index("planned_event_when")
        batch_op.drop_index(batch_op.f("ix_planned_event_until"))

    op.drop_table("planned_event")
    op.drop_table("pay_order_asked")
    op.drop_table("pay_order_answer")
    with op.batch_alter_table("pay_order", schema=None) as batch_op:
        batch_op.drop_index("order_of_visit")
        batch_op.drop_index("order_made")

    op.drop_table("pay_order")
    op.drop_table("pay_account")
    with op.batch_alter_table("pairing_word", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pairing_word_site"))

    op.drop_table("pairing_word")
    with op.batch_alter_table("pairing", schema=None) as batch_op:
        batch_op.drop_index("pairing_of_site")

    op.drop_table("pairing")
    with op.batch_alter_table("occupancy_anchor", schema=None) as batch_op:
        batch_op.drop_index("anchor_of_site")

    op.drop_table("occupancy_anchor")
    with op.batch_alter_table("lost_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lost_entry_site"))

    op.drop_table("lost_entry")
    op.drop_table("inside_file")
    with op.batch_alter_table("inside", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_inside_site"))

    op.drop_table("inside")
    with op.batch_alter_table("in_clearing", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_in_clearing_site"))

    op.drop_table("in_clearing")
    with op.batch_alter_table("hand_over", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_hand_over_site"))

    op.drop_table("hand_over")
    with op.batch_alter_table("form_sent", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_form_sent_at"))

    op.drop_table("form_sent")
    with op.batch_alter_table("finding_work", schema=None) as batch_op:
        batch_op.drop_index("work_of_day")

    op.drop_table("finding_work")
    with op.batch_alter_table("deposit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_deposit_site"))

    op.drop_table("deposit")
    with op.batch_alter_table("decision_word", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_decision_word_site"))

    op.drop_table("decision_word")
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_index("decision_of_visit")
        batch_op.drop_index("decision_of_person")
        batch_op.drop_index("decision_of_payment")
        batch_op.drop_index("decision_made")
        batch_op.drop_index("decision_at")

    op.drop_table("decision")
    op.drop_table("day_frozen")
    op.drop_table("day_close")
    with op.batch_alter_table("correction", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_correction_visit"))
        batch_op.drop_index(batch_op.f("ix_correction_site"))

    op.drop_table("correction")
    with op.batch_alter_table("claim", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_claim_site"))

    op.drop_table("claim")
    with op.batch_alter_table("cash_receipt", schema=None) as batch_op:
        batch_op.drop_index("receipt_of_day")

    op.drop_table("cash_receipt")
    with op.batch_alter_table("candidates_shown", schema=None) as batch_op:
        batch_op.drop_index("candidates_shown_for")

    op.drop_table("candidates_shown")
    op.drop_table("box_write_off")
    op.drop_table("bank_twin")
    with op.batch_alter_table("bank_proof", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bank_proof_digest"))

    op.drop_table("bank_proof")
    with op.batch_alter_table("bank_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bank_line_site"))
        batch_op.drop_index(batch_op.f("ix_bank_line_recorded_at"))
        batch_op.drop_index(batch_op.f("ix_bank_line_bank_reference"))
        batch_op.drop_index("bank_line_of_day")

    op.drop_table("bank_line")
    with op.batch_alter_table("bank_explanation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bank_explanation_subject"))
        batch_op.drop_index(batch_op.f("ix_bank_explanation_at"))

    op.drop_table("bank_explanation")
    op.drop_table("approval")


def _fill() -> None:
    """What is kept beside the ledger, out of the first books."""
    op.execute("UPDATE posting SET visit = (SELECT entry.visit FROM entry WHERE entry.key = posting.key)")
    op.execute("UPDATE audit SET site = substr(subject, 1, 3)")
    op.execute(_STAY_MONEY)
    op.execute(_IN_CLEARING)


def _without_rowid() -> dict[str, Any]:
    """SQLite makes the table anew."""
    if op.get_bind().dialect.name != "sqlite":
        return {}
    return {"recreate": "always", "table_kwargs": {"sqlite_with_rowid": False}}


_THOUGHT = "entry.kind NOT IN ('pend', 'unpend', 'charge', 'payment', 'settled', 'banked')"
_STAY_MONEY = f"""
INSERT INTO stay_money (visit, charged, charged_at, owed, odd, paid_at)
SELECT stay.visit,
    (SELECT total FROM charge WHERE charge.visit = stay.visit),
    (SELECT happened_at FROM charge WHERE charge.visit = stay.visit),
    coalesce((SELECT sum(amount) FROM posting WHERE posting.visit = stay.visit AND account = 'receivable'), 0),
    CASE WHEN EXISTS (SELECT 1 FROM posting WHERE posting.visit = stay.visit AND account = 'suspense')
        OR EXISTS (SELECT 1 FROM entry WHERE entry.visit = stay.visit AND {_THOUGHT}) THEN true ELSE false END,
    (SELECT max(received_at) FROM payment WHERE reference = stay.visit)
FROM (
    SELECT visit FROM charge
    UNION SELECT reference FROM payment WHERE reference IS NOT NULL
    UNION SELECT visit FROM entry WHERE {_THOUGHT} AND visit <> ''
) AS stay
"""  # noqa: S608 - all of it is written here
_IN_CLEARING = """
INSERT INTO in_clearing (provider, provider_id, site)
SELECT provider, provider_id, site FROM payment WHERE EXISTS (
    SELECT 1 FROM posting
    WHERE posting.key = 'payment:' || payment.provider || ':' || payment.provider_id AND posting.account = 'clearing'
)
"""
