"""What other threads bring: told once, taken in parts, held up when too much waits."""

import threading

from app.cross_thread_queue import CrossThreadQueue


def test_it_is_told_once_until_it_was_emptied() -> None:
    told: list[int] = []
    box: CrossThreadQueue[int] = CrossThreadQueue(lambda: told.append(1))
    box.put(1)
    box.extend([2, 3])
    assert len(told) == 1
    assert box.take() == [1, 2, 3]
    box.put(4)
    assert len(told) == 2


def test_it_is_emptied_in_parts_in_the_order_of_coming() -> None:
    box: CrossThreadQueue[int] = CrossThreadQueue(lambda: None)
    box.extend(range(5))
    assert (box.take(2), box.take(2), box.take(2)) == ([0, 1], [2, 3], [4])
    assert box.empty


def test_whoever_brings_too_much_waits_until_there_is_room() -> None:
    box: CrossThreadQueue[int] = CrossThreadQueue(lambda: None, most=2)
    brought: list[int] = []

    def bring() -> None:
        for number in range(6):
            box.put(number)
            brought.append(number)

    thread = threading.Thread(target=bring)
    thread.start()
    taken: list[int] = []
    while len(taken) < 6:
        assert len(brought) <= len(taken) + 3
        taken += box.take()
    thread.join()
    assert taken == list(range(6))


def test_closing_lets_go_whoever_waits_and_drops_what_comes_after() -> None:
    box: CrossThreadQueue[int] = CrossThreadQueue(lambda: None, most=1)
    box.put(1)
    thread = threading.Thread(target=box.put, args=(2,))
    thread.start()
    box.close()
    thread.join()
    box.put(3)
    assert box.empty
