"""Pictures of lineages."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from jupyter_tracker.client.lineage import Lineage
from jupyter_tracker.graphs import lineage_picture
from jupyter_tracker.models import LineageEdge, LineageGraph, LineageNode, NodeKind

KINDS = list(NodeKind)


@st.composite
def graphs(draw):
    """A graph in which all nodes are reached from the start, with circles and edges between any two of them."""
    count = draw(st.integers(1, 12))
    nodes = [
        LineageNode(draw(st.sampled_from(KINDS)), str(number), draw(st.text(max_size=40)), draw(st.text(max_size=40)))
        for number in range(count)
    ]
    edges = {}
    ahead = {0: True}
    for number in range(1, count):
        forward = draw(st.booleans())
        near = draw(st.sampled_from([each for each in range(number) if each == 0 or ahead[each] is forward]))
        ahead[number] = forward
        edges[(near, number) if forward else (number, near)] = None
    for pair in draw(st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=5)):
        edges[pair] = None
    made = [LineageEdge(nodes[one].key, nodes[two].key, "input", draw(st.text(max_size=5))) for one, two in edges]
    return LineageGraph((nodes[0].key,), tuple(nodes), tuple(made))


@given(graphs())
def test_each_node_is_drawn_and_told_once_and_the_picture_is_xml(graph):
    picture = lineage_picture(graph)
    if picture is None:
        assert not graph.edges
        return
    drawn = [element for element in ET.fromstring(picture) if element.tag.endswith("}g")]
    assert len(drawn) == len(graph.nodes)
    assert all(character.isprintable() or character == "\n" for character in repr(Lineage(graph)))


def test_a_column_of_very_many_is_cut_and_counted():
    nodes = [LineageNode(NodeKind.RUN, str(number), f"run {number}") for number in range(500)]
    edges = [LineageEdge(nodes[0].key, node.key, "parent") for node in nodes[1:]]
    picture = lineage_picture(LineageGraph((nodes[0].key,), tuple(nodes), tuple(edges)))
    assert "and 469 more" in picture
    assert len(picture) < 50_000
