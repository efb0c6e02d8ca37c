"""Dialogs: server profile, script, key sheet, about. Nothing here is ever shown for what a line in place can say."""
