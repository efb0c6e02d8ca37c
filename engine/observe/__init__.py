"""What can be told about a running server, and to whom: stages, observers, taps and the recorder."""
