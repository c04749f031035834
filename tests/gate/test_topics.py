import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.topics import BOX, FROM_BOX, RETAINED, ROOT, SITE, TO_BOX, Channel, ForeignTopic, Topic, every_box

sites = st.from_regex(SITE, fullmatch=True)
boxes = st.from_regex(BOX, fullmatch=True)
topics = st.builds(Topic, sites, boxes, st.sampled_from(Channel))


@settings(max_examples=50)
@given(topics)
def test_every_topic_goes_there_and_back(topic: Topic) -> None:
    assert Topic.parse(str(topic)) == topic


@given(st.text(max_size=60))
def test_any_other_text_is_foreign(text: str) -> None:
    with pytest.raises(ForeignTopic):
        Topic.parse(text)


@settings(max_examples=50)
@given(topics, st.integers(0, 40), st.sampled_from("+#/$ \n\0é٣A-"))
def test_a_topic_with_a_character_too_much_is_foreign_or_another_that_reads_the_same(
    topic: Topic, at: int, more: str
) -> None:
    text = str(topic)
    altered = text[:at] + more + text[at:]
    try:
        assert str(Topic.parse(altered)) == altered
    except ForeignTopic:
        assert more in "+#/$ \n\0é٣A-"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "barie/v1/SPS/sps-1",
        "barie/v1/SPS/sps-1/event/more",
        "barie/v2/SPS/sps-1/event",
        "Barie/v1/SPS/sps-1/event",
        "/barie/v1/SPS/sps-1/event",
        "barie/v1/sps/sps-1/event",
        "barie/v1/SPSX/sps-1/event",
        "barie/v1/+/sps-1/event",
        "barie/v1/SPS/+/event",
        "barie/v1/SPS/#",
        "barie/v1/SPS/SPS-1/event",
        "barie/v1/SPS/-sps/event",
        "barie/v1/SPS/sps-/event",
        "barie/v1/SPS/a/event",
        "barie/v1/SPS/" + "a" * 33 + "/event",
        "barie/v1/SPS/sps-1\n/event",
        "barie/v1/SPS/sps-1/EVENT",
        "barie/v1/SPS/sps-1/event\n",
        "barie/v1/SPS/sps-1/orders",
        "barie/v1/SPS/sps-1/",
        "$SYS/broker/clients",
        "$share/x/barie/v1/SPS/sps-1/event",
        "barie/v1/\uff33\uff30\uff33/sps-1/event",  # full-width capitals
    ],
)
def test_foreign(text: str) -> None:
    with pytest.raises(ForeignTopic, match=r"topic|malformed"):
        Topic.parse(text)


def test_who_sends_what_and_what_a_broker_may_keep() -> None:
    assert set(Channel) == FROM_BOX | TO_BOX
    assert not FROM_BOX & TO_BOX
    assert Channel.COMMAND in TO_BOX - RETAINED, "a stale order must not replay"
    assert Channel.EVENT in FROM_BOX - RETAINED
    assert {Channel.LEASE, Channel.STATE, Channel.ONLINE} == RETAINED


def test_the_centres_filters() -> None:
    assert every_box(Channel.EVENT) == f"{ROOT}/+/+/event"
    assert every_box(Channel.STATE, "SPS") == f"{ROOT}/SPS/+/state"
