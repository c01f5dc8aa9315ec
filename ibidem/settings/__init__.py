"""Every option, read once: built-in defaults, then `ibidem.toml` in the data directory, then `IBIDEM_*`."""

from ibidem.settings.load import default_data_dir, exposed_key, load
from ibidem.settings.options import (
    MIB,
    SECTIONS,
    CompleteSettings,
    DialectSettings,
    IndexSettings,
    IngestSettings,
    JobSettings,
    ModelSettings,
    RetrieveSettings,
    ServeSettings,
    Settings,
)

__all__ = [
    "MIB",
    "SECTIONS",
    "CompleteSettings",
    "DialectSettings",
    "IndexSettings",
    "IngestSettings",
    "JobSettings",
    "ModelSettings",
    "RetrieveSettings",
    "ServeSettings",
    "Settings",
    "default_data_dir",
    "exposed_key",
    "load",
]
