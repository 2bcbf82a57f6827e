"""What a client says of its own is kept. What statistics need of an assessment, its costs, stands beside it. A state
knows the number of the event that told it, so that an event which is told late moves nothing back. Indexes for the
pages of one repository, for what is unfinished or old, and for feedback without a workflow."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("workflow", sa.Column("state_number", sa.BigInteger, nullable=False, server_default="0"))
    op.execute(
        "UPDATE workflow SET state_number = (SELECT coalesce(max(number), 0) FROM event"
        " WHERE event.workflow = workflow.id AND event.type = 'state')"
    )
    op.add_column("workflow", sa.Column("metadata", sa.Text, nullable=False, server_default="{}"))
    op.add_column("decision", sa.Column("costs", sa.Text, nullable=True))
    _copy_costs()
    op.create_index("ix_workflow_repository_created_id", "workflow", ["repository", "created", "id"])
    op.create_index("ix_workflow_finished", "workflow", ["finished"])
    op.create_index("ix_feedback_workflow_at", "feedback", ["workflow", "at"])
    op.drop_index("ix_feedback_workflow", "feedback")


def _copy_costs() -> None:
    """In parts, for assessments are large."""
    decision = sa.table("decision", sa.column("workflow"), sa.column("assessment"), sa.column("costs"))
    c, connection, last = decision.c, op.get_bind(), ""
    wanted = sa.select(c.workflow, c.assessment).order_by(c.workflow).limit(100)
    copy = decision.update().where(c.workflow == sa.bindparam("of")).values(costs=sa.bindparam("found"))
    while some := connection.execute(wanted.where(c.workflow > last)).all():
        last = some[-1].workflow
        found = {row.workflow: json.loads(row.assessment).get("costs") for row in some}
        rows = [{"of": workflow, "found": json.dumps(costs)} for workflow, costs in found.items() if costs is not None]
        if rows:
            connection.execute(copy, rows)
