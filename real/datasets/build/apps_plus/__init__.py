"""APPS+ from raw APPS (Hendrycks et al., 2021): ``raw`` → ``verify`` → ``real.datasets.annotate``; see ``command``."""
