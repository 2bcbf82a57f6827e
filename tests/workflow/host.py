"""A host without its doors, as a process that can be killed: submits runs, and waits for them.

Its argument is a JSON object: `folder`, `database`, `submissions` (fields of Submission, each with a request id, so
that it may be started again with the same) and the fields of `Service.opened`. Prints a line when it is ready, one for
each event that it hears with `follow`, and at the end the outcomes by request id.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

from escalation.store.records import FINISHED
from escalation.workflow.service import Service
from escalation.workflow.submission import Submission


async def main(given: dict[str, Any]) -> None:
    async with Service.opened(
        database=given.get("database", ""),
        folder=Path(given["folder"]),
        env=os.environ,
        max_concurrent=given.get("max_concurrent", 5),
    ) as service:
        tell({"ready": service._slots.own})
        submitted = [await service.submit(Submission(**fields)) for fields in given.get("submissions", ())]
        tell({"submitted": [one.id for one in submitted]})
        if given.get("stay"):
            await asyncio.Event().wait()
        await asyncio.gather(*(followed(service, one.id, follow=bool(given.get("follow"))) for one in submitted))
        outcomes = {}
        for one in submitted:
            found = service.store.workflow(one.id)
            assert found is not None
            assert found.state in FINISHED
            result = await service.result(one.id)
            outcomes[one.request.request_id] = {
                "outcome": found.completion.outcome if found.completion else None,
                "message": found.completion.message if found.completion else "",
                "files": dict(result.files) if result else None,
                "complete": result.complete if result else None,
            }
        tell({"outcomes": outcomes, "busy": service.busy()})


async def followed(service: Service, id: str, *, follow: bool) -> None:
    async for progress in service.follow(id):
        if follow:
            tell({"run": id, "id": progress.id, "type": progress.type, "body": dict(progress.body)})


def tell(line: object) -> None:
    sys.stdout.write(f"{json.dumps(line)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(main(json.loads(sys.argv[1])))
