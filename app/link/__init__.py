"""The only room of the window with sockets in it: what the supervisor says becomes signals, orders go to it."""
