"""Events over HTTP as trackers send them: bodies read within bounds, calls judged one by one, stored before they are answered."""
