"""Whole projects: which file an import means, and findings that a file has in another one.

``modules`` finds the files that are scanned by what imports call them; the detector links them
(``real.detector.frontend.linking``); ``merging`` puts what several files say of one place together.
"""
