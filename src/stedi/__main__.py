"""`python -m stedi` is `stedi`."""

from stedi.cli import main

main()
