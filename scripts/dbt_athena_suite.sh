#!/usr/bin/env bash
# Runs dbt-athena's own functional tests, unmodified, on Local Athena.
#
#   scripts/dbt_athena_suite.sh CHECKOUT [PYTEST ARGUMENTS]
#
# CHECKOUT is the folder of a checkout of dbt-labs/dbt-adapters. The Python in use needs this
# package with its extras `athena` and `athena-local`, and dbt-tests-adapter, pytest,
# pytest-xdist and pyparsing. Left out: Python models (Spark) and S3 Tables.
set -euo pipefail

if [ ! -d "${1:-}/dbt-athena/tests/functional" ]; then
    echo "usage: $0 CHECKOUT_OF_DBT_ADAPTERS [PYTEST ARGUMENTS]" >&2
    exit 2
fi
suite=$1/dbt-athena
shift

export DBT_TEST_ATHENA_S3_STAGING_DIR=s3://dbt-athena-suite/results/
export DBT_TEST_ATHENA_S3_TMP_TABLE_DIR=s3://dbt-athena-suite/tmp/
export DBT_TEST_ATHENA_REGION_NAME=us-east-1
export DBT_TEST_ATHENA_DATABASE=awsdatacatalog
export DBT_TEST_ATHENA_SCHEMA=dbt_athena_suite
export DBT_TEST_ATHENA_WORK_GROUP=primary
export DBT_TEST_ATHENA_POLL_INTERVAL=0.05

python=${PYTHON:-python}
environment=$(mktemp)
# In a group of its own: ended below, or by itself when this script ends.
"$python" -m athena_local --region us-east-1 >"$environment" &
athena=$!
trap 'kill "$athena" 2>/dev/null || true; wait "$athena" 2>/dev/null || true; rm -f "$environment"' EXIT
until grep -q AWS_DEFAULT_REGION "$environment"; do
    kill -0 "$athena" || exit 1
    sleep 0.2
done
# shellcheck disable=SC1090
source "$environment"
# The second is dbt Labs' own, which one test names.
"$python" -c 'import boto3
for bucket in "dbt-athena-suite", "dbt-athena-integration-testing":
    boto3.client("s3").create_bucket(Bucket=bucket)'

cd "$suite"
"$python" -m pytest tests/functional -p no:cacheprovider \
    --ignore tests/functional/adapter/test_python_submissions.py \
    --ignore tests/functional/adapter/catalog_integrations/test_s3_tables.py \
    "$@"
