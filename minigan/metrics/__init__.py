"""How good the samples are, measured in several ways. Each way can be fooled, and its file says how.

For images, read in this order: classifier.py or, without labels, untrained.py (features), frechet.py (one distance),
neighbours.py (quality, variety and copies), parzen.py (the measure of 2014). For data whose modes are known, points and
stacked digits: modes.py. tables.py puts them side by side.
"""
