"""The day's list: what gives a reason to act, how it is ranked, and what people do about it."""
