"""Exercises: questions on a layer with worked solutions, and the mistakes behind wrong answers."""

from symconv.notes.exercises.exercise import Answer, Distractor, Exercise
from symconv.notes.exercises.practised import Practised, Subject
from symconv.notes.exercises.sheet import KINDS, Exercises, exercises

__all__ = ["KINDS", "Answer", "Distractor", "Exercise", "Exercises", "Practised", "Subject", "exercises"]
