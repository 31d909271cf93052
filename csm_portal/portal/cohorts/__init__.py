"""The page of the cohorts: triangles, behaviour groups, survival curves, and the members behind a cell."""
