"""What every test shares."""

from hypothesis import HealthCheck, settings

# Two workers on a small machine: no deadline, and the same examples on every run, so that a failure is a change of ours.
settings.register_profile("portal", deadline=None, derandomize=True, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("portal")
