"""The checks, by what they put a server through. They run in the child process that has loaded the user's class."""
