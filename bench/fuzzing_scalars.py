"""Teaches schemathesis to make values of the scalar JSON; it names this module as its hooks.

It runs in the environment of schemathesis, which knows nothing of this project.
"""

import graphql
import schemathesis
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from schemathesis.graphql import nodes

_NAMES = st.from_regex(r"\A[_A-Za-z][_0-9A-Za-z]{0,15}\Z")
_PLAIN = st.one_of(
    st.just(nodes.Null),
    st.booleans().map(nodes.Boolean),
    st.integers().map(nodes.Int),
    st.floats(allow_nan=False, allow_infinity=False).map(nodes.Float),
    st.text(max_size=20).map(nodes.String),
)


def _object(values: dict[str, graphql.ValueNode]) -> graphql.ValueNode:
    return nodes.Object(
        [
            graphql.ObjectFieldNode(name=graphql.NameNode(value=name), value=value)
            for name, value in values.items()
        ]
    )


def _nested(inner: SearchStrategy[graphql.ValueNode]) -> SearchStrategy[graphql.ValueNode]:
    return st.one_of(
        st.lists(inner, max_size=4).map(nodes.List),
        st.dictionaries(_NAMES, inner, max_size=4).map(_object),
    )


schemathesis.graphql.scalar("JSON", st.recursive(_PLAIN, _nested, max_leaves=8))
