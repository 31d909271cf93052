"""The night: plan the days, build under a run of its own, verify, publish by one pointer.

The only place that calls all rooms in order.
"""
