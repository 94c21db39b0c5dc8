"""Athena's API on moto's server: what moto answers from thin air is answered from Trino here."""

import json
from threading import Lock
from typing import Any, ClassVar

import moto.athena.urls
import moto.glue.urls
import moto.s3.urls
from moto.athena.responses import AthenaResponse
from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.glue.responses import GlueResponse

from athena_local.errors import QueryError
from athena_local.executions import Execution, Executions
from athena_local.prepared import PreparedStatement, PreparedStatements
from athena_local.translate import MAX_QUERY_BYTES

MAX_PAGE = 1000  # rows of a result, as on Athena
CATALOG = "AwsDataCatalog"
PATIENCE = 0.5  # seconds


class QueryResponse(AthenaResponse):
    """Answers Athena's operations on queries, workgroups and metadata."""

    executions: ClassVar[Executions]
    glue: ClassVar[Any]

    def start_query_execution(self) -> str:
        """Queue a query and answer with its id."""
        sql = self._get_param("QueryString")
        if len(sql.encode()) > MAX_QUERY_BYTES:
            raise _invalid(
                "1 validation error detected: Value at 'queryString' failed to satisfy "
                f"constraint: Member must have length less than or equal to {MAX_QUERY_BYTES}"
            )
        if not sql.strip():
            raise _invalid("Query string is empty")
        name = self._get_param("WorkGroup") or "primary"
        settings = self._work_group(name)["Configuration"]
        ours = (settings.get("ResultConfiguration") or {}).get("OutputLocation")
        theirs = (self._get_param("ResultConfiguration") or {}).get("OutputLocation")
        enforced = settings.get("EnforceWorkGroupConfiguration") and ours
        output = ours if enforced or not theirs else theirs
        if not output:
            raise _invalid(
                "No output location provided. An output location is required either through the "
                "Workgroup result configuration setting or as an API input."
            )
        if not output.startswith("s3://"):
            raise _invalid("outputLocation is not a valid S3 path.")
        context = self._get_param("QueryExecutionContext") or {}
        execution = Execution(
            sql=sql,
            database=(context.get("Database") or "default").lower(),
            catalog=context.get("Catalog") or CATALOG,
            workgroup=name,
            output=output if output.endswith("/") else f"{output}/",
            parameters=self._get_param("ExecutionParameters") or (),
            cutoff=settings.get("BytesScannedCutoffPerQuery"),
        )
        started = self.executions.start(execution, self._get_param("ClientRequestToken"))
        return json.dumps({"QueryExecutionId": started.id})

    def get_query_execution(self) -> str:
        """Answer with a query's state, times and statistics, after a moment's wait for its end: clients that ask
        again and again would cost more than many a query.
        """
        execution = self._execution()
        execution.ended.wait(PATIENCE)
        return json.dumps({"QueryExecution": execution.describe()})

    def batch_get_query_execution(self) -> str:
        """Answer with several queries' states; ids that are not known are listed apart."""
        ids = self._get_param("QueryExecutionIds")
        found = [e for e in map(self.executions.get, ids) if e is not None]
        unknown = sorted(set(ids) - {e.id for e in found})
        return json.dumps(
            {
                "QueryExecutions": [execution.describe() for execution in found],
                "UnprocessedQueryExecutionIds": [
                    {
                        "QueryExecutionId": missing,
                        "ErrorCode": "INVALID_INPUT",
                        "ErrorMessage": f"QueryExecution {missing} was not found",
                    }
                    for missing in unknown
                ],
            }
        )

    def list_query_executions(self) -> str:
        """Answer with a workgroup's query ids, the newest first, in pages of 50."""
        name = self._get_param("WorkGroup") or "primary"
        self._work_group(name)
        ids = [execution.id for execution in self.executions.of_workgroup(name)]
        return self._page("QueryExecutionIds", ids, 50)

    def stop_query_execution(self) -> str:
        """Cancel a query; one that has ended stays as it is."""
        self.executions.stop(self._execution())
        return "{}"

    def get_query_results(self) -> str:
        """Answer with a page of a result; the first row of a query's first page is its header."""
        execution = self._execution()
        if execution.state in ("FAILED", "CANCELLED"):
            raise _invalid(f"Query did not finish successfully. Final query state: {execution.state}")
        if execution.state != "SUCCEEDED":
            raise _invalid(f"Query has not yet finished. Current state: {execution.state}")
        result = execution.result
        writes = result.update_count is not None
        header = [] if execution.plain or writes else [[c.name for c in result.columns]]
        start = int(self._get_param("NextToken") or 0)
        size = min(int(self._get_param("MaxResults") or MAX_PAGE), MAX_PAGE)
        # Only the page is made into JSON: a result may have millions of rows.
        page = (
            [*header, *result.rows[: max(size - len(header), 0)]]
            if start == 0
            else (result.rows[start - len(header) : start - len(header) + size])
        )
        answer: dict[str, Any] = {
            "UpdateCount": result.update_count or 0,
            "ResultSet": {
                "Rows": [{"Data": [{} if v is None else {"VarCharValue": v} for v in row]} for row in page],
                "ResultSetMetadata": {"ColumnInfo": [c.info() for c in result.columns]},
            },
        }
        if start + size < len(header) + len(result.rows):
            answer["NextToken"] = str(start + size)
        return json.dumps(answer)

    def get_work_group(self) -> str:
        """Answer with a workgroup's settings."""
        return json.dumps({"WorkGroup": self._work_group(self._get_param("WorkGroup"))})

    def update_work_group(self) -> str:
        """Change a workgroup's settings (moto has no such operation)."""
        name = self._get_param("WorkGroup")
        self._work_group(name)
        work_group = self.athena_backend.work_groups[name]
        updates = self._get_param("ConfigurationUpdates") or {}
        for key, value in updates.items():
            if key == "ResultConfigurationUpdates":
                target = work_group.configuration.setdefault("ResultConfiguration", {})
                target.update({k: v for k, v in value.items() if not k.startswith("Remove")})
            elif key == "RemoveBytesScannedCutoffPerQuery":
                work_group.configuration.pop("BytesScannedCutoffPerQuery", None)
            else:
                work_group.configuration[key] = value
        if (description := self._get_param("Description")) is not None:
            work_group.description = description
        return "{}"

    def update_named_query(self) -> str:
        """Change a saved query (moto has no such operation)."""
        query = self.athena_backend.get_named_query(self._get_param("NamedQueryId"))
        if query is None:
            raise _invalid(f"NamedQuery {self._get_param('NamedQueryId')} was not found")
        query.name, query.query_string = self._get_param("Name"), self._get_param("QueryString")
        query.description = self._get_param("Description")
        return "{}"

    def create_prepared_statement(self) -> str:
        """Keep a prepared statement under a new name."""
        try:
            self._prepared().add(self._statement())
        except QueryError as error:
            raise _invalid(str(error)) from error
        return "{}"

    def update_prepared_statement(self) -> str:
        """Replace a prepared statement."""
        statement = self._statement()
        self._find_statement(statement.name)
        self._prepared()[statement.name] = statement
        return "{}"

    def get_prepared_statement(self) -> str:
        """Answer with a prepared statement."""
        statement = self._find_statement(self._get_param("StatementName"))
        return json.dumps({"PreparedStatement": self._describe_statement(statement)})

    def batch_get_prepared_statement(self) -> str:
        """Answer with several prepared statements; names that are not known are listed apart."""
        names, prepared = self._get_param("PreparedStatementNames"), self._prepared()
        return json.dumps(
            {
                "PreparedStatements": [self._describe_statement(prepared[n]) for n in names if n in prepared],
                "UnprocessedPreparedStatementNames": [
                    {
                        "StatementName": name,
                        "ErrorCode": "STATEMENT_NOT_FOUND",
                        "ErrorMessage": f"PreparedStatement {name} was not found",
                    }
                    for name in names
                    if name not in prepared
                ],
            }
        )

    def list_prepared_statements(self) -> str:
        """Answer with the names of a workgroup's prepared statements, in pages of 50."""
        found = [
            {"StatementName": statement.name, "LastModifiedTime": statement.modified}
            for statement in sorted(self._prepared().values(), key=lambda statement: statement.name)
        ]
        return self._page("PreparedStatements", found, 50)

    def delete_prepared_statement(self) -> str:
        """Forget a prepared statement."""
        del self._prepared()[self._find_statement(self._get_param("StatementName")).name]
        return "{}"

    def get_database(self) -> str:
        """Answer with a database of Glue."""
        return json.dumps({"Database": _database(self._glue("get_database", "Database"))})

    def list_databases(self) -> str:
        """Answer with Glue's databases, in pages of 50."""
        pages = self.glue.get_paginator("get_databases").paginate()
        found = [_database(database) for page in pages for database in page["DatabaseList"]]
        return self._page("DatabaseList", found, 50)

    def get_table_metadata(self) -> str:
        """Answer with a table of Glue."""
        table = self._glue("get_table", "Table", Name=self._get_param("TableName"))
        return json.dumps({"TableMetadata": _table(table)})

    def list_table_metadata(self) -> str:
        """Answer with a database's tables, in pages of 50."""
        self._glue("get_database", "Database")
        options = {"DatabaseName": self._get_param("DatabaseName")}
        if expression := self._get_param("Expression"):
            options["Expression"] = expression
        pages = self.glue.get_paginator("get_tables").paginate(**options)
        found = [_table(table) for page in pages for table in page["TableList"]]
        return self._page("TableMetadataList", found, 50)

    def _execution(self) -> Execution:
        execution_id = self._get_param("QueryExecutionId")
        execution = self.executions.get(execution_id)
        if execution is None:
            raise _invalid(f"QueryExecution {execution_id} was not found")
        return execution

    def _work_group(self, name: str) -> dict[str, Any]:
        work_group = self.athena_backend.get_work_group(name)
        if work_group is None:
            raise _invalid(f"WorkGroup {name} is not found.")
        return work_group

    def _prepared(self) -> PreparedStatements:
        name = self._get_param("WorkGroup")
        self._work_group(name)
        return self.executions.prepared(name)

    def _statement(self) -> PreparedStatement:
        sql, description = self._get_param("QueryStatement"), self._get_param("Description")
        return PreparedStatement(self._get_param("StatementName"), sql, description)

    def _find_statement(self, name: str) -> PreparedStatement:
        try:
            return self._prepared().find(name)
        except QueryError as error:
            raise JsonRESTError("ResourceNotFoundException", str(error)) from error

    def _describe_statement(self, statement: PreparedStatement) -> dict[str, Any]:
        described = {
            "StatementName": statement.name,
            "QueryStatement": statement.sql,
            "WorkGroupName": self._get_param("WorkGroup"),
            "Description": statement.description,
            "LastModifiedTime": statement.modified,
        }
        return {key: value for key, value in described.items() if value is not None}

    def _glue(self, operation: str, key: str, **options: str) -> dict[str, Any]:
        name = self._get_param("DatabaseName")
        options |= {"Name": name} if operation == "get_database" else {"DatabaseName": name}
        try:
            return getattr(self.glue, operation)(**options)[key]
        except self.glue.exceptions.EntityNotFoundException as error:
            raise JsonRESTError("MetadataException", str(error)) from error

    def _page(self, key: str, items: list[Any], most: int) -> str:
        start = int(self._get_param("NextToken") or 0)
        size = min(int(self._get_param("MaxResults") or most), most)
        answer: dict[str, Any] = {key: items[start : start + size]}
        if start + size < len(items):
            answer["NextToken"] = str(start + size)
        return json.dumps(answer)


class CatalogResponse(GlueResponse):
    """Adds to moto's Glue what Trino needs: safe commits, and column statistics (always none)."""

    commits: ClassVar[Lock] = Lock()

    def update_table(self) -> ActionResult:
        """Change a table, unless another commit to it came in between.

        Without this, which moto lacks, one of two writers at the same time would be lost.
        """
        new = self.parameters["TableInput"]
        with self.commits:
            table = self.glue_backend.get_table(self.parameters["DatabaseName"], new["Name"])
            old = table.as_dict()
            version = self.parameters.get("VersionId")
            based_on = new.get("Parameters", {}).get("previous_metadata_location")
            current = old.get("Parameters", {}).get("metadata_location")
            committed = new.get("Parameters", {}).get("metadata_location")
            if (version and version != old["VersionId"]) or (committed != current and based_on and based_on != current):
                raise JsonRESTError(
                    "ConcurrentModificationException",
                    "Update table failed due to concurrent change",
                )
            return super().update_table()

    def get_column_statistics_for_table(self) -> str:
        """Answer that no column has statistics."""
        return json.dumps({"ColumnStatisticsList": [], "Errors": []})

    def update_column_statistics_for_table(self) -> str:
        """Take statistics and keep none."""
        return json.dumps({"Errors": []})

    def delete_column_statistics_for_table(self) -> str:
        """Answer as if there had been some."""
        return "{}"

    get_column_statistics_for_partition = get_column_statistics_for_table
    update_column_statistics_for_partition = update_column_statistics_for_table
    delete_column_statistics_for_partition = delete_column_statistics_for_table


def install(executions: Executions, glue: Any) -> None:
    """Put these answers in the place of moto's; call it before the first request."""
    QueryResponse.executions = executions
    QueryResponse.glue = glue
    moto.athena.urls.url_paths = {"{0}/$": QueryResponse.dispatch}
    moto.glue.urls.url_paths = {"{0}/$": CatalogResponse.dispatch}


def _invalid(message: str) -> JsonRESTError:
    return JsonRESTError("InvalidRequestException", message)


def _database(database: dict[str, Any]) -> dict[str, Any]:
    return {
        "Name": database["Name"],
        "Description": database.get("Description", ""),
        "Parameters": database.get("Parameters", {}),
    }


def _table(table: dict[str, Any]) -> dict[str, Any]:
    storage = table.get("StorageDescriptor", {})
    keys = ("Name", "Type", "Comment")
    created = table.get("CreateTime")
    return {
        "Name": table["Name"],
        "CreateTime": created.timestamp() if created else None,
        "TableType": table.get("TableType", ""),
        "Columns": [{k: c[k] for k in keys if k in c} for c in storage.get("Columns", [])],
        "PartitionKeys": [{k: c[k] for k in keys if k in c} for c in table.get("PartitionKeys", [])],
        "Parameters": table.get("Parameters", {}),
    }
