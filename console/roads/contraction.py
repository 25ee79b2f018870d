"""Road networks made small: chains of nodes between two crossings become one edge.

Most nodes of a street network only shape a bend or end a yard. They are taken out before a search
and given their times afterwards, in a few array operations, so that one pass over the city costs
a fraction of what it does on every node. Times are exact: a chain's edge costs what its parts do,
one way and the other.
"""

# ruff: noqa: PLC0415 - scipy is imported where a network is built or asked, as in `graph`.

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from console.geo.arrays import Bools, Floats, Ints

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Longs: TypeAlias = NDArray[np.int64]
Matrix: TypeAlias = "csr_array[np.float64, tuple[int, int]]"
#: A node and the seconds from it to the place asked for.
Sources: TypeAlias = Sequence[tuple[int, float]]
#: Taking chains out makes new chains where yards hung on them; more rounds win little.
ROUNDS = 3


def fastest_only(tail: Ints | Longs, head: Ints | Longs, cost: Floats, size: int) -> Matrix:
    """Return the matrix of the edges, the fastest one where several join the same two nodes."""
    from scipy.sparse import csr_array

    order = np.lexsort((cost, head, tail))
    tail, head, cost = tail[order], head[order], cost[order]
    first = np.ones(len(tail), bool)
    first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    return csr_array((cost[first], (tail[first], head[first])), shape=(size, size))


@dataclass(frozen=True, slots=True)
class _Chains:
    """Chains laid end to end: a chain of k nodes has k + 1 edges, its ends are kept nodes.

    Attributes:
        nodes: The nodes taken out, chain by chain, shape (n,).
        first: Kept node before each chain, shape (chains,).
        last: Kept node behind it; that before it, where the chain is a dead end.
        sizes: Nodes of each chain.
        is_dead: Whether a chain ends with its last node.
    """

    nodes: Longs
    first: Longs
    last: Longs
    sizes: Longs
    is_dead: Bools


class Contracted:
    """One network turned round, without the nodes that only lie between two others.

    `seconds` may be asked from several threads at once.
    """

    def __init__(self, reversed_: Matrix, rounds: int = ROUNDS) -> None:
        """Take a network whose edges are turned round, as a search to one place needs them."""
        self.size = reversed_.shape[0]
        coo = reversed_.tocoo()
        keep = coo.row != coo.col
        # Edges in the direction of travel.
        tail, head, cost = coo.col[keep], coo.row[keep], coo.data[keep]
        self._chain_at = np.full(self.size, -1, np.int64)
        self._inner: Contracted | None = None
        if rounds <= 0:
            self._matrix: Matrix = reversed_
            return
        chains = _chains(tail.astype(np.int64), head.astype(np.int64), self.size)
        self._take_out(chains, tail, head, cost)
        self._inner = Contracted(self._small, rounds - 1 if len(chains.nodes) else 0)

    def seconds(self, sources: Sources, limit_s: float = math.inf) -> Floats:
        """Return the seconds from every node to the nearest source, infinite beyond the limit.

        Args:
            sources: Nodes, each with seconds that are added.
            limit_s: Look no further.

        Returns:
            Shape (size,).
        """
        found = self._seconds(sources, limit_s)
        found[found > limit_s] = np.inf
        return found

    def _seconds(self, sources: Sources, limit_s: float) -> Floats:
        if self._inner is None:
            return self._search(sources, limit_s)
        known = np.full(self.size, np.inf)
        kept: dict[int, float] = {}
        direct: list[tuple[int, int]] = []
        for node, extra in sources:
            place = int(self._chain_at[node])
            if place < 0:
                _offer(kept, int(self._new_no[node]), extra)
                continue
            chain = int(self._chain_of[place])
            _offer(kept, int(self._first[chain]), extra + float(self._from_first[place]))
            _offer(kept, int(self._last[chain]), extra + float(self._from_last[place]))
            direct.append((place, chain))
        usable = [(node, extra) for node, extra in kept.items() if math.isfinite(extra)]
        small = self._inner._seconds(usable, limit_s)
        known[self._kept] = small
        known[self._nodes] = np.minimum(
            self._to_first + small[self._first[self._chain_of]],
            self._to_last + small[self._last[self._chain_of]],
        )
        extras = {int(self._chain_at[node]): extra for node, extra in sources}
        for place, chain in direct:
            self._within(known, place, chain, extras[place])
        return known

    def _within(self, known: Floats, place: int, chain: int, extra: float) -> None:
        """Give the nodes of a source's own chain their times along it."""
        start = int(self._starts[chain])
        size = int(self._sizes[chain])
        rows = np.arange(start, start + size)
        edges = rows + chain  # each chain has one edge more than nodes; of node i the edge before
        here = place + chain
        onward = np.where(
            (rows <= place) & (self._barred_on[here + 1] == self._barred_on[edges + 1]),
            self._sum_on[here + 1] - self._sum_on[edges + 1],
            np.inf,
        )
        back = np.where(
            (rows >= place) & (self._barred_back[edges + 1] == self._barred_back[here + 1]),
            self._sum_back[edges + 1] - self._sum_back[here + 1],
            np.inf,
        )
        nodes = self._nodes[rows]
        known[nodes] = np.minimum(known[nodes], np.minimum(onward, back) + extra)

    def _search(self, sources: Sources, limit_s: float) -> Floats:
        """Search from a node of its own that is joined to each source."""
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import dijkstra

        if not sources:
            return np.full(self.size, np.inf)
        matrix = self._matrix
        if len(sources) == 1 and sources[0][1] == 0.0:
            row = dijkstra(matrix, indices=np.array([sources[0][0]]), limit=limit_s)[0]
            return np.asarray(row, np.float64)
        ends = np.array([node for node, _ in sources], matrix.indices.dtype)
        # An edge that costs nothing is no edge to scipy.
        costs = np.array([max(extra, 1e-9) for _, extra in sources])
        indptr = np.append(matrix.indptr, matrix.indptr[-1] + len(ends))
        joined = csr_array(
            (np.append(matrix.data, costs), np.append(matrix.indices, ends), indptr),
            shape=(self.size + 1, self.size + 1),
        )
        row = dijkstra(joined, indices=np.array([self.size]), limit=limit_s)[0]
        return np.asarray(row[:-1], np.float64)

    def _take_out(self, chains: _Chains, tail: Longs, head: Longs, cost: Floats) -> None:
        """Reckon what the chains cost and make the network without them."""
        self._nodes, self._sizes = chains.nodes, chains.sizes
        self._starts = np.cumsum(chains.sizes) - chains.sizes
        self._chain_of = np.repeat(np.arange(len(chains.sizes)), chains.sizes)
        self._chain_at[chains.nodes] = np.arange(len(chains.nodes))
        self._kept = np.flatnonzero(self._chain_at < 0)
        self._new_no = np.full(self.size, -1, np.int64)
        self._new_no[self._kept] = np.arange(len(self._kept))
        self._first = self._new_no[chains.first]
        self._last = self._new_no[chains.last]
        ways = _Ways(tail, head, cost, self.size)
        before, behind = _ends_of_edges(chains, self._starts)
        on, back = ways.cost(before, behind), ways.cost(behind, before)
        dead = (self._starts + chains.sizes + np.arange(len(chains.sizes)))[chains.is_dead]
        on[dead] = back[dead] = np.inf
        self._sum_on, self._barred_on = _sums(on)
        self._sum_back, self._barred_back = _sums(back)
        first_edge = self._starts + np.arange(len(chains.sizes))
        after_last = first_edge + chains.sizes + 1
        edge = np.arange(len(chains.nodes)) + self._chain_of  # the edge before each node
        start, end = first_edge[self._chain_of], after_last[self._chain_of]
        self._from_first = self._between(start, edge + 1, onward=True)
        self._to_last = self._between(edge + 1, end, onward=True)
        self._to_first = self._between(start, edge + 1, onward=False)
        self._from_last = self._between(edge + 1, end, onward=False)
        through = self._between(first_edge, after_last, onward=True)
        through_back = self._between(first_edge, after_last, onward=False)
        straight = (self._new_no[tail] >= 0) & (self._new_no[head] >= 0)
        tails = np.concatenate([self._new_no[tail[straight]], self._first, self._last])
        heads = np.concatenate([self._new_no[head[straight]], self._last, self._first])
        costs = np.concatenate([cost[straight], through, through_back])
        real = np.isfinite(costs) & (tails != heads)
        self._small = fastest_only(heads[real], tails[real], costs[real], len(self._kept))

    def _between(self, start: Longs, end: Longs, *, onward: bool) -> Floats:
        """Return what the edges from ``start`` up to ``end`` cost together."""
        sums = self._sum_on if onward else self._sum_back
        barred = self._barred_on if onward else self._barred_back
        return np.where(barred[start] == barred[end], sums[end] - sums[start], np.inf)


def _offer(kept: dict[int, float], node: int, extra: float) -> None:
    kept[node] = min(extra, kept.get(node, math.inf))


def _sums(costs: Floats) -> tuple[Floats, Longs]:
    """Return running sums of what is finite, and how many edges up to there are barred."""
    barred = np.isinf(costs)
    sums = np.concatenate([[0.0], np.cumsum(np.where(barred, 0.0, costs))])
    return sums, np.concatenate([[0], np.cumsum(barred)]).astype(np.int64)


class _Ways:
    """Looks up what it costs from node to node."""

    def __init__(self, tail: Longs, head: Longs, cost: Floats, size: int) -> None:
        key = tail.astype(np.int64) * size + head
        order = np.argsort(key, kind="stable")
        self._key, self._cost, self._size = key[order], cost[order], size

    def cost(self, tail: Longs, head: Longs) -> Floats:
        """Return the cost of each edge, infinite where there is none."""
        if not len(self._key):
            return np.full(len(tail), np.inf)
        wanted = tail.astype(np.int64) * self._size + head
        at = np.minimum(np.searchsorted(self._key, wanted), len(self._key) - 1)
        return np.where(self._key[at] == wanted, self._cost[at], np.inf)


def _ends_of_edges(chains: _Chains, starts: Longs) -> tuple[Longs, Longs]:
    """Return the node before and behind each edge of the chains, laid end to end."""
    count = len(chains.nodes) + len(chains.sizes)
    before, behind = np.empty(count, np.int64), np.empty(count, np.int64)
    chain_of = np.repeat(np.arange(len(chains.sizes)), chains.sizes)
    at = np.arange(len(chains.nodes)) + chain_of
    behind[at] = chains.nodes
    before[at + 1] = chains.nodes
    first_edge = starts + np.arange(len(chains.sizes))
    before[first_edge] = chains.first
    behind[first_edge + chains.sizes] = chains.last
    return before, behind


def _chains(tail: Longs, head: Longs, size: int) -> _Chains:
    """Find the chains: nodes with one or two neighbours, between two that have more."""
    low, high = np.minimum(tail, head), np.maximum(tail, head)
    pair = np.unique(low * size + high)
    low, high = pair // size, pair % size
    ends = np.concatenate([low, high])
    others = np.concatenate([high, low])
    order = np.argsort(ends, kind="stable")
    ends, others = ends[order], others[order]
    degree = np.bincount(ends, minlength=size)
    begin = np.concatenate([[0], np.cumsum(degree)])
    between = (degree == 1) | (degree == 2)
    _keep_one_each(between, low, high, size)
    starts = np.flatnonzero(~between[ends] & between[others])
    return _walk(
        list(zip(ends[starts].tolist(), others[starts].tolist(), strict=True)),
        between, begin, others,
    )  # fmt: skip


def _keep_one_each(between: Bools, low: Longs, high: Longs, size: int) -> None:
    """Keep a node of every part that has no crossing: a ring, a single street."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    joined = csr_array((np.ones(len(low)), (low, high)), shape=(size, size))
    parts, part = connected_components(joined, directed=False)
    has_crossing = np.zeros(parts, bool)
    has_crossing[part[~between]] = True
    lone = np.flatnonzero(~has_crossing[part])
    _, first = np.unique(part[lone], return_index=True)
    between[lone[first]] = False


def _walk(starts: list[tuple[int, int]], between: Bools, begin: Longs, others: Longs) -> _Chains:
    """Walk every chain once, from one of its ends."""
    is_between, at, neighbours = between.tolist(), begin.tolist(), others.tolist()
    seen = bytearray(len(is_between))
    nodes: list[int] = []
    rows: list[tuple[int, int, int, bool]] = []
    for first, start in starts:
        if seen[start]:
            continue
        before, node, size, is_dead = first, start, 0, False
        while is_between[node]:
            seen[node] = 1
            nodes.append(node)
            size += 1
            onward = [one for one in neighbours[at[node] : at[node + 1]] if one != before]
            if not onward:
                is_dead = True
                break
            before, node = node, onward[0]
        rows.append((first, first if is_dead else node, size, is_dead))
    columns = np.array(rows, np.int64).reshape(-1, 4)
    return _Chains(
        nodes=np.array(nodes, np.int64),
        first=columns[:, 0],
        last=columns[:, 1],
        sizes=columns[:, 2],
        is_dead=columns[:, 3].astype(bool),
    )
