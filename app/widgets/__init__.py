"""Reusable painted parts: they draw what they are given and tell what a person did."""
