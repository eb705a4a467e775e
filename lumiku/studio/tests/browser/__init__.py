"""The studio in a real browser, on the whole stack. Run by `make test-browser`; `make test` leaves these files out."""
