"""The cuts of every figure: what `by` may be, and the names of the filters."""

CUTS = ("csm", "team", "product", "plan", "tier", "industry", "region", "size", "stage", "scenario")
ALL = "all"
BY = (ALL, *CUTS)
