"""``python -m tercel``: the command line."""

from tercel.cli import main

main()
