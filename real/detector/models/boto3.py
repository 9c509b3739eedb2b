"""boto3: the services of AWS."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Builder, Library, Module, arg, sinks

LIBRARY = Library(
    "boto3",
    "boto3==1.44.8",
    (
        Module("boto3", Role.PEER),
        *sinks(Kind.SQL_QUERY, arg(None, "QueryString"), "boto3.**.start_query_execution", returns_stored=True),
        # PartiQL of DynamoDB, SQL of Redshift and of Aurora
        *sinks(Kind.SQL_QUERY, arg(None, "Statement", "Sql", "sql"), "**.execute_statement", returns_stored=True),
        *sinks(Kind.SQL_QUERY, arg(None, "Expression"), "**.select_object_content", returns_stored=True),
        # expressions of DynamoDB, whose placeholders (#name, :value) are given beside them
        *sinks(
            Kind.QUERY,
            arg(None, "FilterExpression", "KeyConditionExpression", "ProjectionExpression"),
            "**.scan",
            "boto3.**.query",  # the name is also that of a part of any address
        ),
        *sinks(Kind.QUERY, arg(None, "ProjectionExpression"), "**.get_item"),
        *sinks(
            Kind.QUERY, arg(None, "UpdateExpression", "ConditionExpression"), "**.{update_item,put_item,delete_item}"
        ),
        Builder("boto3.dynamodb.conditions", (Kind.QUERY,)),
    ),
)
