"""Files that survive a kill, locks, progress and text for terminals; imports nothing of REAL but its errors."""
