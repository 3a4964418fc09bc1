"""What other threads bring: told once, taken in parts, held up when too much waits."""

import threading

from app.cross_thread_queue import CrossThreadQueue


def test_it_is_told_once_until_it_was_emptied() -> None:
    notified: list[int] = []
    box: CrossThreadQueue[int] = CrossThreadQueue(lambda: notified.append(1))
    box.put(1)
    box.extend([2, 3])
    assert len(notified) == 1
    assert box.drain() == [1, 2, 3]
    box.put(4)
    assert len(notified) == 2


def test_it_is_emptied_in_parts_in_the_order_of_coming() -> None:
    box: CrossThreadQueue[int] = CrossThreadQueue(lambda: None)
    box.extend(range(5))
    assert (box.drain(2), box.drain(2), box.drain(2)) == ([0, 1], [2, 3], [4])
    assert box.empty


def test_whoever_brings_too_much_waits_until_there_is_room() -> None:
    box: CrossThreadQueue[int] = CrossThreadQueue(lambda: None, maximum=2)
    brought: list[int] = []

    def bring() -> None:
        for number in range(6):
            box.put(number)
            brought.append(number)

    thread = threading.Thread(target=bring)
    thread.start()
    drained: list[int] = []
    while len(drained) < 6:
        assert len(brought) <= len(drained) + 3
        drained += box.drain()
    thread.join()
    assert drained == list(range(6))


def test_closing_lets_go_whoever_waits_and_drops_what_comes_after() -> None:
    box: CrossThreadQueue[int] = CrossThreadQueue(lambda: None, maximum=1)
    box.put(1)
    thread = threading.Thread(target=box.put, args=(2,))
    thread.start()
    box.close()
    thread.join()
    box.put(3)
    assert box.empty
