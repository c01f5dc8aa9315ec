"""`python -m ibidem` is the `ibidem` command."""

from ibidem.cli.main import main

if __name__ == "__main__":
    main()
