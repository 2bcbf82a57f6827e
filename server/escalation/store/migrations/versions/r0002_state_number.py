"""A state knows the number of the event that told it, so that an event which is told late moves nothing back; and
indexes for the pages of one repository, for what is unfinished or old, and for feedback without a workflow."""

from __future__ import annotations

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
    op.create_index("ix_workflow_repository_created_id", "workflow", ["repository", "created", "id"])
    op.create_index("ix_workflow_finished", "workflow", ["finished"])
    op.create_index("ix_feedback_workflow_at", "feedback", ["workflow", "at"])
    op.drop_index("ix_feedback_workflow", "feedback")
