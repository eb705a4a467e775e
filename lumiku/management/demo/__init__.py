"""The demo: a seller's whole journey over the wire, on a private stack, with a proof that its sums match."""
