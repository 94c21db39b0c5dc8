"""The five tables in plain PySpark, as solutions to the published exercise write them.

    python pyspark_lakehouse.py LANDING OUTPUT

Two things differ from what is usually published. Steps are joined with acceleration of the same
participant, so that the rows are those of this project. And the three schemas are given, where most
let Spark infer them, which reads everything twice. It expects clean landing data: no malformed
lines, one spelling of each e-mail, one record per consenting customer.
"""

from __future__ import annotations

import sys

from pyspark.sql import SparkSession
from pyspark.sql.functions import col

CUSTOMER = """
    customerName string, email string, phone string, birthDay string, serialNumber string,
    registrationDate bigint, lastUpdateDate bigint, shareWithResearchAsOfDate bigint,
    shareWithPublicAsOfDate bigint, shareWithFriendsAsOfDate bigint
"""
ACCELEROMETER = "user string, timestamp bigint, x double, y double, z double"
STEP_TRAINER = "sensorReadingTime bigint, serialNumber string, distanceFromObject int"


def build(spark: SparkSession, landing: str, output: str) -> None:
    """Read the landing folder and write each table as Parquet; a table reads those before it."""
    customer = spark.read.schema(CUSTOMER).json(f"{landing}/customer/landing")
    accelerometer = spark.read.schema(ACCELEROMETER).json(f"{landing}/accelerometer/landing")
    step_trainer = spark.read.schema(STEP_TRAINER).json(f"{landing}/step_trainer/landing")

    customer.filter(col("shareWithResearchAsOfDate") > 0).dropDuplicates(["email"]).write.parquet(
        f"{output}/customer_trusted"
    )
    customer_trusted = spark.read.parquet(f"{output}/customer_trusted")

    (
        accelerometer.join(customer_trusted, accelerometer.user == customer_trusted.email, "left_semi")
        .dropDuplicates()
        .write.parquet(f"{output}/accelerometer_trusted")
    )
    accelerometer_trusted = spark.read.parquet(f"{output}/accelerometer_trusted")

    customer_trusted.join(
        accelerometer_trusted, customer_trusted.email == accelerometer_trusted.user, "left_semi"
    ).write.parquet(f"{output}/customers_curated")
    customers_curated = spark.read.parquet(f"{output}/customers_curated")

    (
        step_trainer.join(customers_curated.select("serialNumber", "email"), "serialNumber")
        .dropDuplicates()
        .write.parquet(f"{output}/step_trainer_trusted")
    )
    step_trainer_trusted = spark.read.parquet(f"{output}/step_trainer_trusted")

    (
        step_trainer_trusted.join(
            accelerometer_trusted,
            (step_trainer_trusted.sensorReadingTime == accelerometer_trusted.timestamp)
            & (step_trainer_trusted.email == accelerometer_trusted.user),
        )
        .select("user", "sensorReadingTime", "distanceFromObject", "x", "y", "z")
        .write.parquet(f"{output}/machine_learning_curated")
    )


if __name__ == "__main__":
    session = SparkSession.builder.appName("stedi").master("local[*]").getOrCreate()
    build(session, *sys.argv[1:3])
    session.stop()
