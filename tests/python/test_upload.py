"""`stedi upload` against S3 as moto has it, in this process."""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import shutil
import signal
import threading
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from lakehouse import PROJECT
from moto import mock_aws
from typer.testing import CliRunner

from stedi import upload as module
from stedi.cli import app, main
from stedi.entities import entities
from stedi.generate import generate_landing
from stedi.landing import MARKER, write_marker
from stedi.landing_files import is_synthetic
from stedi.upload import LocalFile, Uploader

BUCKET = "landing-of-tests"
ENTITIES = ("customer", "accelerometer", "step_trainer")
KNOWN = entities(PROJECT)
NIGHT = datetime(2026, 11, 24, 20, 59, 59, tzinfo=UTC)
LINE = b'{"user": "ann@example.org", "timestamp": 1700000000000}\n'


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """S3 with an empty bucket, in the night of `NIGHT`."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "STEDI_")) and name != "AWS_CA_BUNDLE"]:
        monkeypatch.delenv(name)
    settings = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "us-east-1"}
    for name, value in (settings | {"STEDI_BUCKET": BUCKET}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(module, "_now", lambda: NIGHT)
    monkeypatch.chdir(PROJECT)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield client


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A landing folder with a file of each entity."""
    for entity in ENTITIES:
        place = tmp_path / "landing" / entity / "landing"
        place.mkdir(parents=True)
        (place / f"{entity}.json").write_bytes(LINE)
    return tmp_path / "landing"


def upload(folder: Path, *options: str, exit_code: int = 0) -> str:
    """Type it; what it says."""
    done = CliRunner().invoke(app, ["upload", str(folder), *options])
    assert done.exit_code == exit_code, done.output
    return done.output


def refused(folder: Path | str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """Type it where nothing can be uploaded; the one line that says why."""
    monkeypatch.setattr("sys.argv", ["stedi", "upload", str(folder)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    said = capsys.readouterr()
    [line] = (said.out + said.err).splitlines()
    return line


def objects(s3: Any) -> dict[str, bytes]:
    """What is in the bucket, but for the marker."""
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]
    return {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys if key != MARKER}


def test_readings_go_into_the_hour_of_the_upload_and_customers_into_none(s3: Any, folder: Path) -> None:
    """Whatever folders they lie in here: a folder of an older hour is one that builds no longer list."""
    deep = folder / "step_trainer/landing/2025/01/02/03"
    deep.mkdir(parents=True)
    (deep / "old.json").write_bytes(LINE)
    said = upload(folder)
    assert said == f"4 files uploaded to s3://{BUCKET}, {4 * len(LINE)} bytes\n"
    assert objects(s3) == {
        "customer/landing/customer.json": LINE,
        "accelerometer/landing/2026/11/24/20/accelerometer.json": LINE,
        "step_trainer/landing/2026/11/24/20/step_trainer.json": LINE,
        "step_trainer/landing/2026/11/24/20/2025/01/02/03/old.json": LINE,
    }


def test_a_second_upload_in_another_hour_uploads_what_is_new(
    s3: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(folder)
    # Flat, as older uploads and other tools leave files, and in an hour of Firehose that was copied here.
    s3.put_object(Bucket=BUCKET, Key="accelerometer/landing/flat.json", Body=LINE)
    s3.put_object(Bucket=BUCKET, Key="accelerometer/landing/2026/01/02/03/hose.json", Body=LINE)
    (folder / "accelerometer/landing/flat.json").write_bytes(LINE)
    (folder / "accelerometer/landing/2026/01/02/03").mkdir(parents=True)
    (folder / "accelerometer/landing/2026/01/02/03/hose.json").write_bytes(LINE)
    (folder / "accelerometer/landing/new.json").write_bytes(LINE)
    before = objects(s3)
    monkeypatch.setattr(module, "_now", lambda: NIGHT.replace(hour=23))
    assert upload(folder) == f"1 file uploaded to s3://{BUCKET}, {len(LINE)} bytes; 5 there already\n"
    assert objects(s3) == before | {"accelerometer/landing/2026/11/24/23/new.json": LINE}


@pytest.mark.parametrize("entity", ENTITIES)
def test_a_name_with_other_content_is_refused_and_the_rest_is_uploaded(s3: Any, folder: Path, entity: str) -> None:
    upload(folder)
    before = objects(s3)
    (folder / entity / "landing" / f"{entity}.json").write_bytes(LINE.replace(b"ann", b"bob"))
    (folder / "customer/landing/new.json").write_bytes(LINE)
    refusal, summary = upload(folder, exit_code=1).splitlines()
    assert refusal.startswith(f"refused: {entity}/landing/{entity}.json: s3://{BUCKET}/{entity}/landing/")
    assert refusal.endswith("has other content, and landing is never replaced: rename this one")
    assert summary.endswith("2 there already; 1 refused")
    assert objects(s3) == before | {"customer/landing/new.json": LINE}


def test_what_came_since_the_bucket_was_listed_is_not_replaced(s3: Any, folder: Path) -> None:
    """As of two uploads at once, or of a request whose answer was lost: S3 itself refuses a key that is taken."""
    uploader = Uploader(boto3.Session(region_name="us-east-1"), BUCKET, False, KNOWN)
    files = [LocalFile(folder / f"{e}/landing/{e}.json", e, f"{e}.json", len(LINE), 0) for e in ENTITIES]
    s3.put_object(Bucket=BUCKET, Key="customer/landing/customer.json", Body=b"another\n")
    s3.put_object(Bucket=BUCKET, Key="accelerometer/landing/2026/11/24/20/accelerometer.json", Body=LINE)
    before = objects(s3)
    with uploader.running(lambda _: None) as outcomes:
        became = {file.entity: refusal for file, _, refusal in outcomes(files)}
    assert became["customer"] and "has other content" in became["customer"]
    assert became["accelerometer"] is became["step_trainer"] is None
    assert objects(s3) == before | {"step_trainer/landing/2026/11/24/20/step_trainer.json": LINE}


def test_every_request_carries_its_condition_and_the_checksum_of_what_was_read(s3: Any, folder: Path) -> None:
    """Moto compares neither of a file in parts; S3 does."""
    large = LINE * (9_000_000 // len(LINE))
    (folder / "step_trainer/landing/large.json").write_bytes(large)
    sent: dict[str, dict[str, Any]] = {}

    class Session(boto3.Session):
        def client(self, *arguments: Any, **options: Any) -> Any:
            made = super().client(*arguments, **options)
            for operation in ("PutObject", "CompleteMultipartUpload"):
                made.meta.events.register_last(
                    f"before-parameter-build.s3.{operation}",
                    lambda params, model, **_: sent.__setitem__(params["Key"], {"operation": model.name} | params),
                )
            return made

    uploader = Uploader(Session(region_name="us-east-1"), BUCKET, False, KNOWN)
    with uploader.running(lambda _: None) as outcomes:
        done = list(outcomes(module.find(folder, KNOWN, compress=False).files))
    assert [one.refusal for one in done] == [None] * 4
    assert sent.keys() == objects(s3).keys()
    assert {one["IfNoneMatch"] for one in sent.values()} == {"*"}
    parts = sent["step_trainer/landing/2026/11/24/20/large.json"]
    assert (parts["operation"], parts["ChecksumType"]) == ("CompleteMultipartUpload", "FULL_OBJECT")
    assert parts["ChecksumCRC32"] == base64.b64encode(zlib.crc32(large).to_bytes(4)).decode()
    assert objects(s3)["step_trainer/landing/2026/11/24/20/large.json"] == large
    upload(folder)
    assert len(objects(s3)) == 4


def test_gzip_compresses_once_and_to_the_same_bytes(s3: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = folder / "customer/landing/packed.json.gz"
    packed.write_bytes(gzip.compress(LINE))
    upload(folder, "--gzip")
    first = objects(s3)
    assert set(first) == {
        "customer/landing/customer.json.gz",
        "customer/landing/packed.json.gz",
        "accelerometer/landing/2026/11/24/20/accelerometer.json.gz",
        "step_trainer/landing/2026/11/24/20/step_trainer.json.gz",
    }
    assert all(gzip.decompress(content) == LINE for content in first.values())
    assert first["customer/landing/packed.json.gz"] == packed.read_bytes()
    header = first["customer/landing/customer.json.gz"][:10]
    assert header[3:8] == bytes(5)  # neither a name nor a time
    # Compressed or not, by whatever tool: what is there is there.
    s3.put_object(Bucket=BUCKET, Key="customer/landing/other.json.gz", Body=gzip.compress(LINE, 1))
    (folder / "customer/landing/other.json").write_bytes(LINE)
    for options in ((), ("--gzip",)):
        assert "0 files uploaded" in upload(folder, *options)
    for key in first:
        s3.delete_object(Bucket=BUCKET, Key=key)
    os.utime(folder / "customer/landing/customer.json", (1, 1))
    upload(folder, "--gzip")
    assert first.items() <= objects(s3).items()


def test_two_files_that_gzip_would_give_one_name_are_told_apart(s3: Any, folder: Path) -> None:
    (folder / "customer/landing/customer.json.gz").write_bytes(gzip.compress(b"another\n"))
    said = upload(folder, "--gzip", exit_code=1)
    assert "refused: customer/landing/customer.json: with --gzip it would be as the file of that name and .gz" in said
    assert gzip.decompress(objects(s3)["customer/landing/customer.json.gz"]) == b"another\n"
    assert "1 file uploaded" in upload(folder)


def test_what_landing_does_not_read_is_named_and_left_out(s3: Any, folder: Path) -> None:
    place = folder / "customer/landing"
    for name in ("_draft.json", ".hidden.json", "a.json.zst"):
        (place / name).write_bytes(LINE)
    (place / "empty.json").touch()
    os.mkfifo(place / "fifo")
    (place / "linked").symlink_to(folder / "accelerometer")
    (place / "link.json").symlink_to(place / "customer.json")  # a link to a file is that file
    (folder / "customers").mkdir()
    (folder / "customer/landed").mkdir()
    (folder / "_notes").mkdir()
    *lines, summary = upload(folder).splitlines()
    hidden = "its name, or its folder's, begins with _ or ."
    elsewhere = "it is not in customer/landing, accelerometer/landing or step_trainer/landing"
    assert {tuple(line.split(": ")[1:]) for line in lines} == {
        ("customer/landing/_draft.json", hidden),
        ("customer/landing/.hidden.json", hidden),
        ("customer/landing/a.json.zst", "only plain text and .gz are read"),
        ("customer/landing/empty.json", "it is empty"),
        ("customer/landing/fifo", "not a regular file"),
        ("customer/landing/linked", "a link to a folder is not followed"),
        ("customers", elsewhere),
        ("customer/landed", elsewhere),
    }
    assert summary.startswith("4 files uploaded") and summary.endswith("; 8 left out")


def test_a_name_that_may_be_a_persons_is_refused_and_not_shown(s3: Any, folder: Path) -> None:
    for name in ("ann@example.org.json", "Ann Example.json"):
        (folder / "accelerometer/landing" / name).write_bytes(LINE)
    said = upload(folder, exit_code=1)
    assert said.count("refused: accelerometer/landing/~: its name may name a person (docs/privacy.md): rename it") == 2
    assert "ann@" not in said.lower() and "ann e" not in said.lower()
    assert len(objects(s3)) == 3
    assert "3 files uploaded" in said


def test_a_file_that_changes_while_it_is_read_is_refused(
    s3: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = module._read
    growing = folder / "step_trainer/landing/step_trainer.json"

    def read_while_it_grows(file: Any) -> tuple[str, int, int]:
        found = read(file)
        if getattr(file, "name", None) == str(growing):
            with growing.open("ab") as other:
                other.write(LINE)
        return found

    monkeypatch.setattr(module, "_read", read_while_it_grows)
    said = upload(folder, exit_code=1)
    assert "refused: step_trainer/landing/step_trainer.json: it changed while it was read" in said
    assert not [key for key in objects(s3) if key.startswith("step_trainer")]


def test_a_file_that_cannot_be_read_is_refused(s3: Any, folder: Path) -> None:
    (folder / "customer/landing/dangling.json").symlink_to(folder / "nowhere")
    shut = folder / "customer/landing/shut.json"
    shut.write_bytes(LINE)
    shut.chmod(0)
    said = upload(folder, exit_code=1)
    assert "refused: customer/landing/dangling.json: cannot be looked at: No such file or directory" in said
    if os.geteuid() != 0:  # permissions do not bind root
        assert "refused: customer/landing/shut.json: it cannot be read: Permission denied" in said
    assert "3 files uploaded" in said or os.geteuid() == 0


@pytest.mark.parametrize("entity", ["customer", "step_trainer"])
def test_one_entity_is_enough(s3: Any, folder: Path, entity: str) -> None:
    for other in set(ENTITIES) - {entity}:
        shutil.rmtree(folder / other)
    assert "1 file uploaded" in upload(folder)
    assert [key.split("/")[0] for key in objects(s3)] == [entity]


def test_customers_land_first_and_in_the_order_in_which_they_landed_here(s3: Any, folder: Path) -> None:
    """Consent is decided by it, so that parallel uploads must not shuffle them."""
    for time, name in enumerate(["z", "b", "y", "a"]):
        (folder / f"customer/landing/{name}.json").write_bytes(LINE)
        os.utime(folder / f"customer/landing/{name}.json", (time, time))
    uploader = Uploader(boto3.Session(region_name="us-east-1"), BUCKET, False, KNOWN)
    with uploader.running(lambda _: None) as outcomes:
        names = [one.file.name for one in outcomes(module.find(folder, KNOWN, compress=False).files)]
    assert names[:5] == ["z.json", "b.json", "y.json", "a.json", "customer.json"]
    assert set(names[5:]) == {"accelerometer.json", "step_trainer.json"}


def test_customers_of_different_times_land_in_different_seconds(s3: Any, folder: Path) -> None:
    place = folder / "customer/landing"
    for name, seconds in (("consent.json", 1_000), ("also.json", 1_000), ("refusal.json", 1_600)):
        (place / name).write_bytes(LINE)
        os.utime(place / name, (seconds, seconds))
    for path in place.iterdir():
        if path.name not in ("consent.json", "also.json", "refusal.json"):
            path.unlink()
    upload(folder)
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix="customer/landing/")["Contents"]
    landed = {item["Key"].rpartition("/")[2]: item["LastModified"] for item in found}
    assert max(landed["consent.json"], landed["also.json"]) < landed["refusal.json"]
    assert int(landed["refusal.json"].timestamp()) != int(landed["consent.json"].timestamp())


def test_generated_data_mark_the_bucket(s3: Any, tmp_path: Path) -> None:
    generate_landing(tmp_path / "made", customers=3, days=1)
    assert not is_synthetic(f"s3://{BUCKET}", s3)
    said = upload(tmp_path / "made")
    assert "7 files uploaded" in said and "9 left out" in said and MARKER not in said
    assert is_synthetic(f"s3://{BUCKET}", s3)
    marker = json.loads(s3.get_object(Bucket=BUCKET, Key=MARKER)["Body"].read())
    assert marker == json.loads((tmp_path / "made" / MARKER).read_text())
    assert "0 files uploaded" in upload(tmp_path / "made")


def test_generated_data_and_others_do_not_meet(
    s3: Any, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tmp_path / "made"
    shutil.copytree(folder, made)
    write_marker(made, {})
    upload(folder)
    before = objects(s3)
    said = refused(made, capsys, monkeypatch)
    assert said.startswith(f"stedi: {made} holds generated data, and s3://{BUCKET} landing data that are not: ")
    assert objects(s3) == before and not is_synthetic(f"s3://{BUCKET}", s3)
    for key in before:
        s3.delete_object(Bucket=BUCKET, Key=key)
    upload(made)
    before = objects(s3)
    said = refused(folder, capsys, monkeypatch)
    assert said == (
        f"stedi: s3://{BUCKET} holds generated data ({MARKER}), and {folder} does not: upload it to another bucket"
    )
    assert objects(s3) == before


NOTHING = {
    "STEDI_BUCKET is not set: export STEDI_BUCKET=": lambda patch, folder: patch.delenv("STEDI_BUCKET"),
    "there is no bucket nobodys: make it": lambda patch, folder: patch.setenv("STEDI_BUCKET", "nobodys"),
    "is in us-east-1, but the region is eu-west-1": lambda patch, folder: patch.setenv("AWS_REGION", "eu-west-1"),
    "there is no folder": lambda patch, folder: shutil.rmtree(folder),
    "it is no landing folder": lambda patch, folder: [shutil.rmtree(folder / entity) for entity in ENTITIES],
    ": 3 names there are no landing": lambda patch, folder: hide(folder),
}


def hide(folder: Path) -> None:
    for path in folder.rglob("*.json"):
        path.rename(path.with_name(f"_{path.name}"))


@pytest.mark.parametrize("says", NOTHING)
def test_where_nothing_can_be_uploaded_one_line_says_why(
    s3: Any, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, says: str
) -> None:
    NOTHING[says](monkeypatch, folder)
    assert says in refused(folder, capsys, monkeypatch)
    assert objects(s3) == {}


def test_a_bucket_is_no_folder(s3: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused("s3://a/b", capsys, monkeypatch).startswith("stedi: s3://a/b is no folder: ")


def test_ctrl_c_is_one_line_and_the_next_upload_goes_on(
    s3: Any, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        (folder / f"accelerometer/landing/{number}.json").write_bytes(LINE)
    put = Uploader._upload
    is_pressed = threading.Event()

    def press(self: Uploader, file: LocalFile, *arguments: Any) -> int | None:
        if file.name == "7.json":
            is_pressed.set()
            signal.raise_signal(signal.SIGINT)
        return put(self, file, *arguments)

    monkeypatch.setattr(Uploader, "_upload", press)
    monkeypatch.setattr("sys.argv", ["stedi", "upload", str(folder)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert is_pressed.is_set() and ended.value.code == 130
    said = capsys.readouterr()
    assert said.err == "stedi: interrupted: what is uploaded stays, and the same command goes on with the rest\n"
    left = objects(s3)
    assert "customer/landing/customer.json" in left
    monkeypatch.setattr(Uploader, "_upload", put)
    counts = [int(number) for number in re.findall(r"(\d+) (?:file|there)", upload(folder))]
    assert counts == [33 - len(left), len(left)]
    assert len(objects(s3)) == 33
