"""What all tests share."""

pytest_plugins = ["athena_local.pytest_plugin"]
