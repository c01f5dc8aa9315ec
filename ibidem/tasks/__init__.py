"""The work behind job names: bringing sources in step, reading uploads, answering questions, upkeep."""
