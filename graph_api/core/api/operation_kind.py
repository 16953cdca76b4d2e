"""What kind of operation a document asks for, before or without running it."""

from graphql import GraphQLError, OperationType, get_operation_ast, parse

from graph_api.settings import Settings


def operation_kind(
    query: str, operation_name: str | None, settings: Settings
) -> OperationType | None:
    """The kind of the operation that would run; None where the document is none or has none."""
    if len(query) > settings.document_max_characters:
        return None
    try:
        document = parse(query, no_location=True, max_tokens=settings.document_max_tokens)
    except (GraphQLError, RecursionError):
        return None
    operation = get_operation_ast(document, operation_name)
    return None if operation is None else operation.operation
