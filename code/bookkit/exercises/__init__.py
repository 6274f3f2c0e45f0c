"""Exercises: the marks in their code, the forms that are made of it, and blanks that speak."""
