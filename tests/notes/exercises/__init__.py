"""Exercises: every answer against plain loops, and every format."""
