"""What the chapters of *Your First CNN* import: data, augmentation, networks, training, evaluation,
experiments, export and figures.
"""
