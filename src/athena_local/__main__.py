"""`python -m athena_local`."""

from athena_local.cli import app

if __name__ == "__main__":
    app(prog_name="athena-local")
