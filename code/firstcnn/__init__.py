"""What the chapters of *Your First CNN* import: data, networks, training, evaluation and
figures.
"""
