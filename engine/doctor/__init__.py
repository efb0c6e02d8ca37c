"""Examines a server class: reruns the known weaknesses of socketserver against it, each in a process of its own."""
