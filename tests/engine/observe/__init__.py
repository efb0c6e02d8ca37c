"""Tests of engine/observe."""
