from streams.remembered import Remembered


def test_asks_once_for_what_it_is_asked_again() -> None:
    asked: list[str] = []

    def read(text: str) -> str:
        asked.append(text)
        return text.upper()

    remembered = Remembered(read, entries=10, longest=10)

    assert [remembered["a"], remembered["b"], remembered["a"]] == ["A", "B", "A"]
    assert asked == ["a", "b"]


def test_answers_about_long_strings_are_given_and_forgotten() -> None:
    remembered = Remembered(len, entries=10, longest=3)

    assert [remembered["abc"], remembered["abcd"]] == [3, 4]
    assert list(remembered) == ["abc"]


def test_never_keeps_more_than_its_bound() -> None:
    remembered = Remembered(int, entries=3, longest=10)

    assert [remembered[str(number)] for number in range(7)] == list(range(7))
    assert list(remembered) == ["6"]
