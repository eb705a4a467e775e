"""REST views: read, one domain call, show."""
