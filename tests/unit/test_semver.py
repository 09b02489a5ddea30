"""Versions of models, by the rules of Semantic Versioning 2.0.0."""

from __future__ import annotations

import dataclasses
from itertools import pairwise, zip_longest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_tracker.models import SemVer

IDENTIFIERS = st.from_regex(r"\A(0|[1-9][0-9]{0,3}|[0-9]*[A-Za-z-][0-9A-Za-z-]{0,3})\Z")
SMALL = st.integers(0, 3)
VERSIONS = st.builds(
    SemVer,
    SMALL,
    SMALL,
    SMALL,
    prerelease=st.lists(IDENTIFIERS | st.sampled_from(["alpha", "1", "2", "10", "rc"]), max_size=3).map(tuple),
    build=st.lists(st.from_regex(r"\A[0-9A-Za-z-]{1,4}\Z"), max_size=2).map(".".join),
)


def order(one: SemVer, other: SemVer) -> int:
    """Rule 11, clause by clause, another way than in the package: -1, 0 or 1."""
    for mine, theirs in ((one.major, other.major), (one.minor, other.minor), (one.patch, other.patch)):
        if mine != theirs:
            return -1 if mine < theirs else 1
    if bool(one.prerelease) != bool(other.prerelease):
        return -1 if one.prerelease else 1
    for mine, theirs in zip_longest(one.prerelease, other.prerelease):
        if mine is None or theirs is None:  # a larger set of fields is higher, if all before are equal
            return -1 if mine is None else 1
        if mine == theirs:
            continue
        if mine.isdigit() and theirs.isdigit():
            return -1 if int(mine) < int(theirs) else 1
        if mine.isdigit() != theirs.isdigit():
            return -1 if mine.isdigit() else 1
        return -1 if mine.encode("ascii") < theirs.encode("ascii") else 1
    return 0


@given(VERSIONS, VERSIONS)
def test_precedence_is_that_of_the_specification(one, other):
    mine, theirs = one.precedence, other.precedence
    assert (mine > theirs) - (mine < theirs) == order(one, other)


@given(VERSIONS)
def test_a_version_is_read_as_it_is_written(version):
    assert SemVer.parse(str(version)) == version


@given(VERSIONS)
def test_the_build_plays_no_part_in_the_order(version):
    assert dataclasses.replace(version, build="other").precedence == version.precedence


@given(st.lists(VERSIONS, max_size=6))
def test_any_versions_can_be_put_in_order(versions):
    ordered = sorted(versions, key=lambda version: version.precedence)
    assert all(order(lower, higher) <= 0 for lower, higher in pairwise(ordered))


@given(st.text(max_size=12) | st.from_regex(r"[0-9v.+-]{0,12}", fullmatch=True))
def test_any_text_is_a_version_or_refused(text):
    try:
        version = SemVer.parse(text)
    except ValueError as error:
        assert repr(text) in str(error)  # noqa: PT017  # both ways are right, each with its own proof
    else:
        assert str(version) == text


def test_the_examples_of_the_specification():
    chain = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11"]
    chain += ["1.0.0-rc.1", "1.0.0", "2.0.0", "2.1.0", "2.1.1", "10.0.0"]
    ranks = [SemVer.parse(text).precedence for text in chain]
    assert all(lower < higher for lower, higher in pairwise(ranks))


@pytest.mark.parametrize(
    "text",
    ["1.0.0-x-y-z.--", "1.0.0-0A.is.legal", "1.0.0+0.build.1-rc.10000aaa-kk-0.1", "1.0.0-0", "99999999999999999.0.0"],
)
def test_odd_ones_are_versions(text):
    assert str(SemVer.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "1", "1.2", "1.2.3.4", "v1.2.3", "01.0.0", "1.0.0-", "1.0.0+", "1.0.0-a..b", "1.0.0-01"),
        *("1.0.0\n", " 1.0.0", "1.0.0-ä", "１.0.0", "1.0.0+a+b", "9" * 5000 + ".0.0"),
    ],
)
def test_others_are_none(text):
    with pytest.raises(ValueError, match="no version like"):
        SemVer.parse(text)
