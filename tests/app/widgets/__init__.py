"""Tests of the painted widgets."""
