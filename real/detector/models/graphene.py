"""Graphene: GraphQL."""

from __future__ import annotations

from real.detector.models.rows import Handler, Library

LIBRARY = Library("graphene", "graphene==3.4.3", (Handler("graphene.Mutation", (("mutate", "POST"),), "Mutation"),))
