"""The acceptance scenes: the real window with real servers and clients, played and photographed."""
