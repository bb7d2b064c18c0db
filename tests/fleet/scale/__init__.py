"""The shop as a fleet on one machine, under load, while its parts are killed: `make scale` (docs/decisions/0054)."""
