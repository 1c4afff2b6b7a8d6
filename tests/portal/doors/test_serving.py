"""Several processes behind one port: the dead are replaced, whatever the others do."""

from multiprocessing import get_context
from time import monotonic, sleep

from uvicorn import Config

from portal.doors.management.commands.serve import PoliteProcess


def test_a_process_that_says_nothing_yet_keeps_nobody_waiting() -> None:
    silent = PoliteProcess(Config("portal.asgi:application", log_config=None), [])
    silent.process = get_context("spawn").Process(target=sleep, args=(60,))
    silent.start()

    began = monotonic()
    answers = [silent.is_alive(timeout=30) for _look in range(3)]
    silent.process.kill()
    silent.process.join()

    assert answers == [True, True, True]
    assert not silent.is_alive(timeout=30)
    assert monotonic() - began < 10


def test_a_process_that_stays_silent_counts_as_dead() -> None:
    silent = PoliteProcess(Config("portal.asgi:application", log_config=None), [])
    silent.process = get_context("spawn").Process(target=sleep, args=(60,))
    silent.start()

    assert silent.is_alive(timeout=30)
    assert not silent.is_alive(timeout=0)
    silent.process.kill()
    silent.process.join()


def test_a_word_of_the_process_is_a_sign_of_life() -> None:
    speaking = PoliteProcess(Config("portal.asgi:application", log_config=None), [])
    speaking.process = get_context("spawn").Process(target=sleep, args=(60,))
    speaking.start()
    speaking.is_alive()
    long_ago = speaking._heard

    assert speaking.child_conn.recv() == b"ping"
    speaking.child_conn.send(True)

    assert speaking.is_alive(timeout=30)
    assert speaking._heard > long_ago
    speaking.process.kill()
    speaking.process.join()
