"""Benchmarks: each module times one thing the product promises, beside its bare floor in the same run."""
