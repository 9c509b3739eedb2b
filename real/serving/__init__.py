"""Scoring as a service: a bounded queue before one ``Judge``, asked over HTTP by the engines of a training run."""
