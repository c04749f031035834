from gate.findings import WORDS, Code


def test_every_code_has_words_in_both_languages_with_a_next_step() -> None:
    assert set(WORDS) == set(Code)
    for code, words in WORDS.items():
        assert all(text.strip() == text != "" for text in words), code
        assert words.vi != words.en, code


def test_no_two_codes_read_alike() -> None:
    assert len({words.vi for words in WORDS.values()}) == len({words.en for words in WORDS.values()}) == len(Code)


def test_codes_are_what_stored_findings_already_say() -> None:
    assert all(code.value == code.name.lower() for code in Code)
