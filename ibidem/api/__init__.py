"""HTTP: translate, decide nothing."""
