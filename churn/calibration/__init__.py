"""Whether health says who renews: past renewals as observations, and what became of each against what was shown before."""
