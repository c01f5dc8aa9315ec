"""The `ibidem` command: a file for each command. Heavy parts are imported inside the commands that need them."""
