"""The page that holds health against the renewals that followed, and the record of each rater."""
