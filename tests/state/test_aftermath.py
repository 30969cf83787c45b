from core.effects import After, Finish, Write
from core.messages import Tick
from core.records import CandidateFollowed
from core.rules.entry import EntryRule
from core.settings import Settings
from core.state import aftermath
from tests.state.tokens import START_S, world


def test_the_price_is_recorded_at_each_time_and_then_it_ends():
    now = world()
    after, effects = aftermath.begin("mint", 2.0, now)
    heard = [effects]
    for at_s, price in ((300.0, 3.0), (900.0, 1.0), (3_300.0, 0.5)):
        after.price = price
        now.at_s = START_S + at_s
        heard.append(aftermath.due(after, now))

    records = [effect.record for effects in heard for effect in effects if isinstance(effect, Write)]
    delays = [effect.delay_s for effects in heard for effect in effects if isinstance(effect, After)]
    assert records == [
        CandidateFollowed(at_s=START_S + 300, mint="mint", after_s=300, price=3.0, change=0.5),
        CandidateFollowed(at_s=START_S + 900, mint="mint", after_s=900, price=1.0, change=-0.5),
        CandidateFollowed(at_s=START_S + 3_300, mint="mint", after_s=3_300, price=0.5, change=-0.75),
    ]
    assert delays == [300.0, 600.0, 2_400.0]
    assert heard[-1][-1] == Finish()


def test_a_timer_that_comes_late_does_not_move_the_next_ones():
    now = world()
    after, _ = aftermath.begin("mint", 2.0, now)
    now.at_s = START_S + 350.0

    assert aftermath.due(after, now)[1] == After("follow", 550.0, Tick(key="follow"))


def test_without_times_nothing_is_followed():
    _, effects = aftermath.begin("mint", 2.0, world(Settings(entry=EntryRule(follow_s=()))))

    assert effects == (Finish(),)
