# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which pages are printed, and in which order."""

from collections.abc import Iterator, Sequence

from allmende.documents.errors import UnreadableDocumentError, UnreadableReason


def chosen_pages(page_count: int, ranges: Sequence[tuple[int, int]]) -> list[int]:
    """0-based indices in document order; ranges are 1-based, ends included, none means all.

    Ranges beyond the last page are cut (RFC 8011 §5.2.7); nothing left is `no-such-page`.

    >>> chosen_pages(5, [(4, 9), (1, 2), (2, 2)])
    [0, 1, 3, 4]
    """
    if not ranges:
        return list(range(page_count))
    chosen: set[int] = set()
    for first, last in ranges:
        chosen.update(range(first - 1, min(last, page_count)))
    if not chosen:
        raise UnreadableDocumentError(UnreadableReason.NO_SUCH_PAGE)
    return sorted(chosen)


def printed_order(chosen: Sequence[int], copies: int, *, duplex: bool) -> Iterator[int | None]:
    """Collated copies; None is a blank back, so that a copy never begins on the back of another.

    >>> list(printed_order([0, 1, 2], 2, duplex=True))
    [0, 1, 2, None, 0, 1, 2]
    """
    for copy in range(copies):
        if copy and duplex and len(chosen) % 2:
            yield None
        yield from chosen
