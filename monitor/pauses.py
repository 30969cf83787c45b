"""Trading goes first: whatever takes the monitor some milliseconds is done in parts, with a pause after each."""

PAUSE_S = 0.0001
"""Not 0: the hub looks at timers and sockets only when nobody is ready to run, and whoever sleeps for 0 is."""
