"""What Tab offers on a `%tracker` line."""

from __future__ import annotations

import time

import pytest

from jupyter_tracker.magics.commands import COMMANDS
from jupyter_tracker.magics.completion import PATIENCE, Completer, LiveNames


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("%tracker ru", {"run", "runs"}),
        ("x = %tracker ru", {"run", "runs"}),
        ("%%tracker ", {"run", "track"}),
        ("%tracker experiments c", {"create"}),
        ("%tracker runs --wh", {"--where"}),
        ("%tracker runs d", {"digits"}),
        ("%tracker runs --limit 3 d", {"digits"}),
        ("%%tracker track d", {"digits"}),
        ("%tracker submit a.py --experiment d", {"digits"}),
        ("%tracker run s", {"small"}),
        ("%tracker compare small la", {"large", "last"}),
        ("%tracker series large l", {"loss"}),
        ("%tracker series large loss a", {"acc"}),
        ("%tracker connect lo", {"local"}),
        ("%tracker help do", {"doctor"}),
        ("%tracker delete --experiment d", {"digits"}),
        ("%tracker variables u", {"update"}),
        ("%tracker templates v", {"validate"}),
        ("%tracker templates get re", {"recipe", "recipe@1"}),
        ("%tracker models arch", {"archive"}),
        ("%tracker models get we", {"weights", "weights@1.0.0"}),
        ("%tracker checkpoints do", {"download"}),
        ("%tracker checkpoints sma", {"small"}),
        ("%tracker statistics la", {"large", "last"}),
        ("%tracker alerts d", {"digits"}),
        ("%tracker sources di", {"difference"}),
        ("%tracker sources describe pro", {"project", "project@1"}),
        ("%tracker submit --source project@", {"project@1"}),
        ("%tracker variables d", {"delete"}),
        ("%tracker variables create A 1 --experiment d", {"digits"}),
        ("%tracker variables delete WO", {"WORKERS"}),
        ("%tracker queue --maximum-i", {"--maximum-instances"}),
        ("%tracker queue d", {"digits"}),
        ("%tracker queue prioritize sma", {"small"}),
        ("%tracker lineage --dataset m", {"mnist"}),
        ("%tracker lineage --model we", {"weights", "weights@1.0.0"}),
        ("%tracker lineage --mo", {"--model"}),
        ("%tracker inputs sma", {"small"}),
        ("%tracker restart la", {"large", "last"}),
        ("%tracker experiments arch", {"archive"}),
        ("%tracker experiments delete d", {"digits"}),
        ("%tracker maintain --p", {"--purge-deleted"}),
        ("%tracker export la", {"large", "last"}),
        ("%tracker variables delete --experiment digits TO", {"TOKEN"}),
    ],
)
def test_only_what_fits_is_offered(digits, text, offered):
    digits.complete(text)  # the first Tab may come before the names
    time.sleep(0.3)
    assert set(digits.complete(text)) == offered


def test_checkpoints_are_offered_by_the_beginning_of_their_id(digits):
    (made,) = digits.tracker.checkpoints.list()
    for line in ("%tracker checkpoints delete ", "%tracker models create m --checkpoint "):
        digits.complete(line)
        time.sleep(0.3)
        assert made.id[:8] in digits.complete(line)


def test_all_commands_are_offered(shell):
    assert set(shell.complete("%tracker ")) == {
        command.name for command in COMMANDS if not command.cell and " " not in command.name
    }


def test_options_that_were_given_are_not_offered_again_unless_they_may_be(shell):
    offered = shell.complete("%tracker submit a.py --wait --param a=1 --")
    assert "--wait" not in offered
    assert "--param" in offered


def test_ids_are_offered_newest_first_behind_last(digits):
    offered = digits.complete("%tracker run ")
    assert {"last", "small", "large", digits.tracker.runs.get("large").id[:8]} <= set(offered)


def test_names_with_blanks_are_quoted(digits):
    with digits.tracker.runs.start("digits", name="two words"):
        pass
    completer = Completer(digits.magics.session, COMMANDS)
    fragment, found = completer.matches("%tracker run tw")
    assert [each.text for each in found] == ["'two words'"]
    fragment, found = completer.matches('%tracker run "two w')
    assert (fragment, [each.text for each in found]) == ('"two w', ['"two words"'])


def test_paths_are_offered_where_code_is_wanted(shell, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "train.py").write_text("")
    assert shell.complete("%tracker submit fo") == ["folder/"]
    assert shell.complete("%tracker submit folder/") == ["folder/train.py"]


@pytest.mark.parametrize("text", ["%tracker qq", "%tracker series nothing ", "%tracker run 'x", "%tracker logs last x"])
def test_python_is_not_offered_where_nothing_fits(digits, text):
    assert digits.complete(text) in ([], [""], [text.split()[-1]])


def test_other_lines_are_left_to_ipython(digits):
    for text in ("tracker ru", "import ", "%time tracker", "# %tracker ru", "%%tracker track\nru"):
        assert "runs" not in digits.complete(text)
    assert "digits" not in digits.complete("%tracker runs digits\nd")


def test_a_slow_or_broken_tracker_offers_nothing_and_does_not_wait():
    names = LiveNames()
    begun = time.monotonic()
    assert names.get(("slow",), lambda: time.sleep(0.5) or ["late"]) == ()
    assert time.monotonic() - begun < PATIENCE * 4
    time.sleep(0.6)
    assert names.get(("slow",), lambda: time.sleep(0.5) or ["later"]) == ("late",)

    def broken():
        raise OSError

    assert names.get(("broken",), broken) == ()
