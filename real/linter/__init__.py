"""The detector as people use it: files, configuration, profiles, baselines, comments, fixes, and the command.

``real.detector`` judges one program and knows none of this; the reward sees the detector only.
"""
