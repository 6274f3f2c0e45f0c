"""The kind of output that holds a record: data for the build, which no page shows."""

RECORD = "application/vnd.bookkit.record+json"
