"""Query executions: their states, their threads and what they leave behind."""

import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any

from athena_local import results
from athena_local.errors import QueryError
from athena_local.prepared import PreparedStatements
from athena_local.results import Result
from athena_local.session import Session
from athena_local.translate import Plan, translate

CONCURRENT = 20  # active DML queries of an account; more wait as QUEUED
WRITES = ("CREATE_TABLE_AS_SELECT", "INSERT")  # their data files are listed in a manifest


@dataclass
class Execution:
    """One query: what was asked, how it stands and what it gave."""

    sql: str
    database: str
    catalog: str
    workgroup: str
    output: str  # the S3 folder for results, ending in /
    parameters: Sequence[str] = ()
    cutoff: int | None = None  # bytes
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: str = "QUEUED"
    reason: str | None = None
    error: QueryError | None = None
    statement_type: str = "DML"
    substatement_type: str | None = None
    submitted: float = field(default_factory=time.time)  # seconds since 1970
    started: float | None = None
    completed: float | None = None
    result: Result = field(default_factory=Result)
    session: Session | None = None
    manifest: str | None = None  # the S3 address of the list of files that the query wrote
    ended: Event = field(default_factory=Event)

    @property
    def location(self) -> str:
        """The S3 address of the result; of a CTAS or INSERT, how the names of its files begin."""
        if self.substatement_type == "CREATE_TABLE_AS_SELECT":
            return f"{self.output}tables/{self.id}"
        if self.substatement_type == "INSERT":
            return f"{self.output}{self.id}"
        suffix = "csv" if self.statement_type == "DML" else "txt"
        return f"{self.output}{self.id}.{suffix}"

    @property
    def plain(self) -> bool:
        """Whether the result is lines without a header."""
        return self.statement_type != "DML" or self.substatement_type == "EXPLAIN"

    def describe(self) -> dict[str, Any]:
        """Return QueryExecution of Athena's API."""
        status: dict[str, Any] = {"State": self.state, "SubmissionDateTime": self.submitted}
        if self.completed is not None:
            status["CompletionDateTime"] = self.completed
        if self.reason is not None:
            status["StateChangeReason"] = self.reason
        if self.error is not None:
            status["AthenaError"] = {
                "ErrorCategory": self.error.category,
                "ErrorType": self.error.error_type,
                "Retryable": False,
                "ErrorMessage": str(self.error),
            }
        execution: dict[str, Any] = {
            "QueryExecutionId": self.id,
            "Query": self.sql,
            "StatementType": self.statement_type,
            "ResultConfiguration": {"OutputLocation": self.location},
            "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": False}},
            "QueryExecutionContext": {"Catalog": self.catalog, "Database": self.database},
            "Status": status,
            "Statistics": self._statistics(),
            "WorkGroup": self.workgroup,
            "EngineVersion": {
                "SelectedEngineVersion": "AUTO",
                "EffectiveEngineVersion": "Athena engine version 3",
            },
        }
        if self.substatement_type is not None:
            execution["SubstatementType"] = self.substatement_type
        if self.parameters:
            execution["ExecutionParameters"] = list(self.parameters)
        return execution

    def _statistics(self) -> dict[str, Any]:
        now = self.completed or time.time()
        started = self.started or now
        manifest = {"DataManifestLocation": self.manifest} if self.manifest else {}
        return {
            **manifest,
            "EngineExecutionTimeInMillis": round((now - started) * 1000),
            "DataScannedInBytes": self.session.scanned if self.session else 0,
            "TotalExecutionTimeInMillis": round((now - self.submitted) * 1000),
            "QueryQueueTimeInMillis": round((started - self.submitted) * 1000),
            "QueryPlanningTimeInMillis": self.session.planning_ms if self.session else 0,
            "ServicePreProcessingTimeInMillis": 0,
            "ServiceProcessingTimeInMillis": 0,
            "ResultReuseInformation": {"ReusedPreviousResult": False},
        }


class Executions:
    """All executions since the start, and the threads that run them."""

    def __init__(
        self,
        open_session: Callable[[str, int | None], Session],
        put_object: Callable[[str, bytes], None],
        data_files: Callable[[Sequence[str]], list[str]],
    ) -> None:
        """Take how to open a session (database, cutoff), to write to S3 (address, body) and to
        find on S3 what Trino's queries wrote (their ids).
        """
        self._open_session = open_session
        self._put_object = put_object
        self._data_files = data_files
        self._pool = ThreadPoolExecutor(CONCURRENT, thread_name_prefix="query")
        self._all: dict[str, Execution] = {}
        self._by_token: dict[str, Execution] = {}
        self._prepared: dict[str, PreparedStatements] = {}
        self._lock = Lock()

    def start(self, execution: Execution, token: str | None = None) -> Execution:
        """Queue an execution. The same request token again gives the execution it began."""
        with self._lock:
            if token and token in self._by_token:
                return self._by_token[token]
            self._all[execution.id] = execution
            if token:
                self._by_token[token] = execution
        self._pool.submit(self._run, execution)
        return execution

    def get(self, execution_id: str) -> Execution | None:
        """Return an execution by its id."""
        return self._all.get(execution_id)

    def of_workgroup(self, workgroup: str) -> list[Execution]:
        """Return a workgroup's executions, the newest first."""
        return [e for e in reversed(list(self._all.values())) if e.workgroup == workgroup]

    def prepared(self, workgroup: str) -> PreparedStatements:
        """Return a workgroup's prepared statements, to read and to change."""
        return self._prepared.setdefault(workgroup, PreparedStatements(workgroup))

    def stop(self, execution: Execution) -> None:
        """Cancel an execution that has not ended."""
        with self._lock:
            if execution.completed is not None:
                return
            self._end(execution, "CANCELLED", "Query was cancelled by the user")
        if execution.session is not None:
            execution.session.cancel()

    def close(self) -> None:
        """Wait for the queries that run, and start no more."""
        self._pool.shutdown(cancel_futures=False)

    def _run(self, execution: Execution) -> None:
        with self._lock:
            if execution.completed is not None:
                return
            execution.started = time.time()
            execution.state = "RUNNING"
        state, error = "SUCCEEDED", None
        try:
            session = self._open_session(execution.database, execution.cutoff)
            with self._lock:
                if execution.completed is not None:
                    return
                execution.session = session
            plan = translate(
                execution.sql,
                parameters=execution.parameters,
                results=f"{execution.output}tables/{execution.id}/",
                statements=self.prepared(execution.workgroup),
            )
            self._note(execution, plan)
            try:
                execution.result = plan.run(session)
            finally:
                # Of a query that failed too: the manifest is for finding what it left behind.
                self._write_manifest(execution, session)
            self._write(execution)
        except QueryError as failure:
            state, error = "FAILED", failure
            if str(failure).startswith("EXCEEDED_SCAN_LIMIT"):
                state = "CANCELLED"
                error = QueryError("Query cancelled! : Bytes scanned limit was exceeded")
        except Exception as failure:  # whatever went wrong, the caller must get an answer
            state = "FAILED"
            error = QueryError(
                f"GENERIC_INTERNAL_ERROR: {type(failure).__name__}: {failure}",
                category=1,
                error_type=0,
            )
        with self._lock:
            if execution.completed is None:
                execution.error = error
                self._end(execution, state, str(error) if error else None)

    @staticmethod
    def _note(execution: Execution, plan: Plan) -> None:
        execution.statement_type = plan.statement_type
        execution.substatement_type = plan.substatement_type

    @staticmethod
    def _end(execution: Execution, state: str, reason: str | None) -> None:
        execution.reason = reason
        execution.completed = time.time()
        execution.state = state
        execution.ended.set()

    def _write_manifest(self, execution: Execution, session: Session) -> None:
        if execution.substatement_type in WRITES:
            files = self._data_files(session.queries)
            manifest = f"{execution.location}-manifest.csv"
            self._put_object(manifest, "".join(f"{file}\n" for file in files).encode())
            execution.manifest = manifest

    def _write(self, execution: Execution) -> None:
        result = execution.result
        if execution.substatement_type in WRITES:
            self._put_object(f"{execution.location}.metadata", results.to_metadata(result))
        elif result.update_count is None:
            body = results.to_text(result) if execution.plain else results.to_csv(result)
            self._put_object(execution.location, body)
            self._put_object(f"{execution.location}.metadata", results.to_metadata(result))
