"""The demand of a run, drawn from that of the files: docs/demand.md."""
