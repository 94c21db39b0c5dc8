"""`stedi doctor`, and what dbt says first on Athena: each thing that is wrong is one line that says what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import duckdb
import pytest
import yaml
from dbt_common.exceptions import DbtRuntimeError
from lakehouse import PROJECT, make_newer
from moto import mock_aws
from moto.core import set_initial_no_auth_action_count
from moto.core.exceptions import JsonRESTError
from moto.glue.responses import GlueResponse
from typer.testing import CliRunner

from dbt_stedi import check_athena
from stedi.cli import app
from stedi.duckdb_plugin import why_not
from stedi.landing import MARKER, write_marker
from stedi.vault import ensure_key, key_file

BUCKET = "bucket-of-tests"
ENTITIES = ("customer", "accelerometer", "step_trainer")
HOLD = "import duckdb, sys\nheld = duckdb.connect(sys.argv[1])\nprint('held', flush=True)\ninput()"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with landing, vault and profile, and an environment that names them and nothing else."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "STEDI_", "DBT_"))]:
        monkeypatch.delenv(name)
    for name, file in {"LANDING": "landing", "VAULT": "vault", "DUCKDB": "stedi.duckdb"}.items():
        monkeypatch.setenv(f"STEDI_{name}", str(tmp_path / file))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DBT_PROFILES_DIR", str(tmp_path))
    shutil.copy(PROJECT / "profiles.yml.example", tmp_path / "profiles.yml")
    for entity in ENTITIES:
        (tmp_path / "landing" / entity / "landing").mkdir(parents=True)
        (tmp_path / "landing" / entity / "landing" / f"{entity}.json").write_text("{}\n")
    ensure_key(tmp_path / "vault")
    return tmp_path


def examine(*options: str) -> tuple[int, dict[str, tuple[str, str]], str]:
    """Type it: the exit code, state and text of each thing, and the verdict."""
    done = CliRunner().invoke(app, ["doctor", "--project-dir", str(PROJECT), *options])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    *lines, verdict = done.output.splitlines()
    return done.exit_code, {line[6:18].strip(): (line[:6].strip(), line[18:]) for line in lines}, verdict


def wrong(found: dict[str, tuple[str, str]]) -> dict[str, str]:
    return {what: text for what, (state, text) in found.items() if state == "wrong"}


def database(path: Path, landing: Path, size: int = 3) -> None:
    """What the doctor reads of a build, under another key; test_bad_input has a real one."""
    with duckdb.connect(str(path)) as db:
        db.execute("create schema stedi_audit; use stedi_audit")
        columns = "landing varchar, is_synthetic boolean, key_fingerprint varchar, noted_at timestamp"
        db.execute(f"create table landing ({columns})")
        db.execute("insert into landing values (?, false, 'other', now())", [str(landing)])
        db.execute("create table landing_file (source_file varchar, size bigint, status varchar)")
        db.execute("insert into landing_file values ('customer/landing/customer.json', ?, 'read')", [size])


def test_before_the_first_build_nothing_is_wrong(home: Path) -> None:
    assert examine()[::2] == (0, "ok: nothing is wrong")
    shutil.rmtree(home / "vault")
    code, found, _ = examine()
    assert code == 0
    assert list(found) == ["profile", "project", "versions", "database", "vault", "landing"]
    assert "python 3." in found["versions"][1] and "dbt-core 1." in found["versions"][1]
    assert found["landing"][1] == f"{home}/landing (real): customer 1 file, accelerometer 1 file, step_trainer 1 file"
    assert sorted(path.name for path in home.iterdir()) == ["landing", "profiles.yml"]  # it made nothing


def with_text(path: str, text: str) -> Callable[[Path], Any]:
    return lambda home: (home / path).write_text(text)


def with_mode(path: str, mode: int) -> Callable[[Path], Any]:
    return lambda home: (home / path).chmod(mode)


def open_to_readers(home: Path) -> None:
    for place in (home, home / "vault", home / "vault/pseudonym_key"):
        place.chmod(0o755)
    key_file(home / "vault").chmod(0o644)


def without_files(home: Path) -> None:
    (home / "landing/customer/landing/customer.json").unlink()


def of_another_landing(home: Path) -> None:
    database(home / "stedi.duckdb", home / "elsewhere", size=4)


def of_generated_landing(home: Path) -> None:
    database(home / "stedi.duckdb", home / "landing")
    write_marker(home / "landing", {})


def without_its_key(home: Path) -> None:
    shutil.rmtree(home / "vault")
    database(home / "stedi.duckdb", home / "landing")


SPOILT: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "cp profiles.yml.example profiles.yml": ("profile", lambda home: (home / "profiles.yml").unlink()),
    "Could not find profile named 'stedi'": ("profile", with_text("profiles.yml", "other: {}\n")),
    "profiles.yml.example is as it should be": ("profile", with_text("profiles.yml", "stedi: [\n")),
    "customer/landing: No such file or directory": ("landing", lambda home: shutil.rmtree(home / "landing")),
    "no landing files at": ("landing", without_files),
    "set STEDI_LANDING back": ("landing", of_another_landing),
    "(synthetic: made-up people) is not what the database was built from, which": ("landing", of_generated_landing),
    "is not the one that these tables were built with: restore that key": ("vault", of_another_landing),
    "is not 64 hexadecimal digits": ("vault", with_text("vault/pseudonym_key/key.hex", "c0ffee\n")),
    "chmod -R go=": ("vault", with_mode("vault", 0o777)),
    "others can read the vault key": ("vault", open_to_readers),
    "Restore it from its backup": ("vault", without_its_key),
    "which is a folder": ("database", lambda home: (home / "stedi.duckdb").mkdir()),
    "cannot be read as a DuckDB database": ("database", with_text("stedi.duckdb", "no\n" * 9999)),
}


@pytest.mark.parametrize("says", SPOILT)
def test_what_is_wrong_is_named_with_what_to_do(home: Path, says: str) -> None:
    what, spoil = SPOILT[says]
    spoil(home)
    code, found, verdict = examine()
    assert code == 1
    assert says in wrong(found)[what], found
    assert "docs/troubleshooting.md" in verdict
    assert "c0ffee" not in str(found)


def test_a_landing_that_was_moved_is_the_same(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database(home / "stedi.duckdb", home / "landing")
    (home / "landing").rename(home / "moved")
    monkeypatch.setenv("STEDI_LANDING", str(home / "moved"))
    assert examine()[1]["landing"][0] == "ok"
    (home / "moved/customer/landing/customer.json").write_text("another\n")
    assert "is not what the database was built from" in wrong(examine()[1])["landing"]


def test_a_database_that_somebody_has_open_is_told_from_one_that_is_damaged(home: Path) -> None:
    path = home / "stedi.duckdb"
    database(path, home / "landing")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        assert "is in use by another program: close it" in wrong(examine()[1])["database"]
    finally:
        holder.communicate("\n")
    content = bytearray(path.read_bytes())
    content[3000] ^= 1  # DuckDB speaks of a block
    path.write_bytes(content)
    assert "cannot be read as a DuckDB database of this version" in wrong(examine()[1])["database"]


def test_a_database_of_another_version_is_named(home: Path) -> None:
    path = home / "stedi.duckdb"
    database(path, home / "landing")
    make_newer(path)
    says = f"the database {path} was written by another version of DuckDB than this one ({duckdb.__version__})"
    assert says in wrong(examine()[1])["database"]
    with pytest.raises(duckdb.IOException) as raised:
        duckdb.connect(str(path))
    assert says in why_not(str(path), str(raised.value))  # as dbt says it


def test_a_package_of_another_version_than_the_lock_file_has_is_named(home: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "requirements").mkdir(parents=True)
    shutil.copy(PROJECT / "dbt_project.yml", project)
    lock = (PROJECT / "requirements/run.txt").read_text()
    (project / "requirements/run.txt").write_text(lock.replace("rich==", "rich==9") + "nobodys-package==1\n")
    code, found, _ = examine("--project-dir", str(project))
    assert code == 1
    assert "rich is " in wrong(found)["versions"] and "and 1 more: " in wrong(found)["versions"]
    assert wrong(found)["versions"].endswith("pip install --no-deps --requirement requirements/run.txt")
    assert found["project"][0] == "ok"


@pytest.fixture
def account(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """An account with everything that target `athena` needs."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_REGION": "us-east-1",
        "STEDI_BUCKET": BUCKET,
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        names = ("s3", "athena", "glue", "iam", "lakeformation")
        clients = SimpleNamespace(**{name: boto3.client(name, region_name="us-east-1") for name in names})
        clients.s3.create_bucket(Bucket=BUCKET)
        clients.s3.put_object(Bucket=BUCKET, Key="vault/pseudonym_key/key.hex", Body=b"0" * 64 + b"\n")
        for entity in ENTITIES:
            clients.s3.put_object(Bucket=BUCKET, Key=f"{entity}/landing/a.json", Body=b"{}\n")
        clients.athena.create_work_group(Name="stedi", Configuration={})
        sources = yaml.safe_load((PROJECT / "models/staging/sources.yml").read_text())["sources"]
        for source in sources:
            clients.glue.create_database(DatabaseInput={"Name": f"stedi_{source['name']}"})
            for table in source["tables"]:
                place = f"s3://{BUCKET}/{table['config']['meta']['location']}/"
                clients.glue.create_table(
                    DatabaseName=f"stedi_{source['name']}",
                    TableInput={"Name": table["name"], "StorageDescriptor": {"Location": place}},
                )
        yield clients


def keys(s3: Any) -> list[str]:
    return [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]


def test_an_account_with_everything_is_well_and_stays_as_it_is(account: SimpleNamespace) -> None:
    before = keys(account.s3)
    code, found, _ = examine("--target", "athena")
    assert (code, wrong(found)) == (0, {})
    assert list(found)[3:] == [
        *("session", "bucket", "workgroup", "permissions", "catalog", "vault key", "landing", "tables")
    ]
    assert found["catalog"][1] == "IAM decides"
    assert found["tables"][1] == f"8 tables over s3://{BUCKET}"
    assert "(real)" in found["landing"][1]
    assert keys(account.s3) == before
    account.s3.put_object(Bucket=BUCKET, Key=MARKER, Body=b"{}")
    assert "(synthetic: made-up people)" in examine("--target", "athena")[1]["landing"][1]


def with_little(aws: Any, patch: pytest.MonkeyPatch) -> dict[str, str]:
    patch.setenv("STEDI_WORKGROUP", "nobodys")
    for key in ("vault/pseudonym_key/key.hex", "customer/landing/a.json"):
        aws.s3.delete_object(Bucket=BUCKET, Key=key)
    aws.glue.delete_table(DatabaseName="stedi_vault", Name="erasure")
    return {
        "workgroup": "there is no Athena workgroup nobodys in us-east-1: make it",
        "vault key": "put yours there (`stedi key upload`)",
        "landing": "stedi upload data/landing",
        "tables": "run-operation create_landing_tables --target athena",
    }


def with_others(aws: Any, patch: pytest.MonkeyPatch) -> dict[str, str]:
    engine = {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 2"}
    aws.athena.create_work_group(Name="old", Configuration={"EngineVersion": engine})
    patch.setenv("STEDI_WORKGROUP", "old")
    aws.s3.put_object(Bucket=BUCKET, Key="vault/pseudonym_key/key.hex", Body=b"c0ffee")
    elsewhere = {"Name": "customer_landing", "StorageDescriptor": {"Location": "s3://other/customer/landing/"}}
    aws.glue.update_table(DatabaseName="stedi_landing", TableInput=elsewhere)
    return {
        "workgroup": "is on Athena engine version 2: choose",
        "vault key": "is not 64 hexadecimal digits",
        "tables": f"there is no table stedi_landing.customer_landing over s3://{BUCKET}/customer/landing/: ",
    }


def without_bucket(aws: Any, patch: pytest.MonkeyPatch) -> dict[str, str]:
    patch.delenv("STEDI_BUCKET")
    return {"bucket": "STEDI_BUCKET is not set: export STEDI_BUCKET="}


def without_profile(aws: Any, patch: pytest.MonkeyPatch) -> dict[str, str]:
    patch.setenv("AWS_PROFILE", "nobody")
    return {"session": "there are no AWS credentials: The config profile (nobody) could not be found"}


def without_credentials(patch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        patch.delenv(name)
    patch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.mark.parametrize("spoil", [with_little, with_others, without_bucket, without_profile])
def test_what_is_wrong_on_aws_is_named_with_what_to_do(
    account: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[Any, pytest.MonkeyPatch], dict[str, str]],
) -> None:
    says = spoil(account, monkeypatch)
    code, found, _ = examine("--target", "athena")
    assert code == 1
    assert wrong(found).keys() == says.keys()
    assert [what for what, text in says.items() if text not in wrong(found)[what]] == []
    assert "c0ffee" not in str(found)


def test_under_lake_formation_it_is_said_why_nothing_works(
    account: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = account.lakeformation.get_data_lake_settings()["DataLakeSettings"]
    for nobody in ("CreateTableDefaultPermissions", "CreateDatabaseDefaultPermissions"):
        account.lakeformation.put_data_lake_settings(DataLakeSettings=settings | {nobody: []})
        code, found, _ = examine("--target", "athena")
        assert code == 0 and found["catalog"][1].startswith("Lake Formation governs what is made anew")

    # moto denies nobody: the answers are AWS's.
    def denied(response: GlueResponse) -> Any:
        says = f"Insufficient Lake Formation permission(s) on {response.parameters['Name']}: Required Describe"
        raise JsonRESTError("AccessDeniedException", says)

    monkeypatch.setattr(GlueResponse, "get_database", denied)
    monkeypatch.setattr(GlueResponse, "get_table", denied)
    code, found, _ = examine("--target", "athena")
    assert code == 1 and set(wrong(found)) == {"catalog", "tables"}
    for what in wrong(found):
        assert 'its administrator grant what docs/aws.md has under "Doors by column"' in found[what][1]
    assert "stedi_vault, stedi_landing" in found["catalog"][1] and "customer_landing" in found["tables"][1]


def test_permissions_that_are_missing_are_named(account: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """With moto's own IAM, which is looked at from here on."""
    account.iam.create_user(UserName="engineer")
    key = account.iam.create_access_key(UserName="engineer")["AccessKey"]
    # Moto knows HEAD of a bucket by a name that IAM does not have.
    allowed = '"sts:*", "athena:*", "s3:ListBucket", "s3:HeadBucket", "s3:GetObject", "glue:GetTable"'
    policy = (
        f'{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": [{allowed}], "Resource": "*"}}]}}'
    )
    account.iam.put_user_policy(UserName="engineer", PolicyName="some", PolicyDocument=policy)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])

    code, found, _ = set_initial_no_auth_action_count(0)(examine)("--target", "athena")
    assert code == 1
    denied = "s3:PutObject, s3:GetObject, s3:DeleteObject, glue:GetDatabases"
    assert wrong(found) == {"permissions": f"AWS denies {denied}: give the role the permissions in docs/aws.md"}


ANSWERS = {
    # code, status: what is said of it
    ("ExpiredToken", 400): "the AWS session has expired (ExpiredToken): log in again (`aws sso login`)",
    ("InvalidAccessKeyId", 403): "AWS does not take these credentials (InvalidAccessKeyId): check AWS_PROFILE",
    ("AccessDenied", 403): "AWS denies ListObjectsV2: ",
    ("SlowDown", 400): "AWS refuses: An error occurred (SlowDown)",
}


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, int], None]]:
    """AWS, answering every request with one error, as S3 and STS word it; HEAD without a word."""
    answer: dict[str, Any] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.reply(b"")

        def do_GET(self) -> None:
            self.reply(f"<Error><Code>{answer['code']}</Code><Message>no</Message></Error>".encode())

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            error = f"<Error><Type>Sender</Type><Code>{answer['code']}</Code><Message>no</Message></Error>"
            self.reply(f"<ErrorResponse>{error}<RequestId>r</RequestId></ErrorResponse>".encode())

        def reply(self, body: bytes) -> None:
            self.send_response(answer["status"])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    yield lambda code, status: answer.update(code=code, status=status)
    server.shutdown()
    server.server_close()


CREDENTIALS = SimpleNamespace(region_name="us-east-1", aws_profile_name=None, work_group="stedi")


def of_dbt() -> str:
    """What dbt says before it opens a connection to Athena."""
    with pytest.raises(DbtRuntimeError) as raised:
        check_athena(CREDENTIALS)
    assert "\n" not in str(raised.value.msg)
    return str(raised.value.msg)


@pytest.mark.parametrize(("code", "status"), ANSWERS)
def test_dbt_says_what_aws_refuses(
    home: Path, monkeypatch: pytest.MonkeyPatch, refusing: Callable[[str, int], None], code: str, status: int
) -> None:
    for name, value in {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s", "STEDI_BUCKET": BUCKET}.items():
        monkeypatch.setenv(name, value)
    refusing(code, status)
    assert of_dbt().startswith(ANSWERS[code, status])
    if code == "ExpiredToken":
        _, found, _ = examine("--target", "athena")
        assert ANSWERS[code, status] in wrong(found)["session"]
        assert {state for state, _ in list(found.values())[4:]} == {"-"}  # nothing more can be said


def test_dbt_says_what_is_not_there_or_elsewhere(account: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    check_athena(CREDENTIALS)
    with monkeypatch.context() as patch:
        patch.setenv("AWS_REGION", "eu-west-1")
        assert of_dbt().endswith("is in us-east-1, but the region is eu-west-1: export AWS_REGION=us-east-1")
    with monkeypatch.context() as patch:
        patch.setenv("STEDI_BUCKET", "nobodys")
        assert of_dbt().startswith("there is no bucket nobodys: make it")
    with monkeypatch.context() as patch:
        without_credentials(patch)
        assert of_dbt().startswith("there are no AWS credentials: ")
    with monkeypatch.context() as patch:
        patch.setattr(CREDENTIALS, "work_group", "nobodys")
        assert of_dbt().startswith("there is no Athena workgroup nobodys in us-east-1: ")
    with monkeypatch.context() as patch:
        patch.delenv("STEDI_BUCKET")
        assert of_dbt().startswith("STEDI_BUCKET is not set: ")
