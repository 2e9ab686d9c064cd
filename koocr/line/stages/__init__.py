"""The four-stage family: 24 published recognisers from one configuration, for comparison with our own.

Transformation, features, sequence and prediction are chosen one by one, as Baek et al. do in "What is wrong
with scene text recognition model comparisons? Dataset and model analysis" (2019, arXiv 1904.01906). Start
reading at `network.py`.
"""
